"""Markdown to HTML: CommonMark with tables, footnotes, formulas, figures and links into a graph.

Raw HTML stays text and the link check is on, so there is nothing to sanitise afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape
from mdit_py_plugins.anchors import anchors_plugin
from mdit_py_plugins.footnote import footnote_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from tracer.documents.head_names import PREFIX
from tracer.errors import Place, Problems, TracerError, did_you_mean
from tracer.site.content.addresses import Here
from tracer.site.prose.figures import DrawFigure, figures_in, place_figures, use_figures
from tracer.site.prose.maths import typeset, use_maths
from tracer.site.prose.node_links import node_link
from tracer.site.prose.terms import explain
from tracer.site.prose.text_places import find_in_block
from tracer.site.wording.direction import set_directions

if TYPE_CHECKING:  # what reads graphs is imported where there are graphs
    from tracer.site.prose.link_target import LinkTarget

# Ids that the templates use; a heading of that name must not take them.
RESERVED_IDS = frozenset(
    {
        *("content", "cards", "count", "filter", "search"),
        *("search-form", "search-results", "search-status", "search-words"),
        *("circuit", "circuit-title", "names", "write-up", "limits-title"),
        *("viewer", "viewer-title", "facts", "facts-title"),
        *("counterpoints", "counterpoints-title", "citation", "compare", "curated-title"),
        *("account", "account-title", "holds", "holds-title"),
        *("claims", "claims-title", "faithfulness", "faithfulness-title", "heads", "heads-title"),
        *("exchange", "exchange-title", "size-curve", "size-curve-title"),
        *("try", "try-title", "stability", "pairs", "pairs-title"),
        *(
            "layers-title",
            "sets-title",
            "rows-title",
            "neurons-title",
            "apart-title",
            "refused-title",
        ),
        *(
            "start-title",
            "words-title",
            "texts-title",
            "often-title",
            "graphs-title",
            "flows-title",
            "ids-title",
        ),
    }
)
_FORMATTER = HtmlFormatter(nowrap=True)
CLAIM = "claim:"
_ALIGNMENT = re.compile(r"text-align:(left|center|right)")


def render(
    text: str,
    file: Path,
    target: LinkTarget | None = None,
    *,
    here: Here | None = None,
    draw: DrawFigure | None = None,
    glossary: Mapping[str, str] | None = None,
) -> Markup:
    """The HTML of a whole document; terms of the glossary are explained where they first stand.

    Raises Problems with file:line:col for links to nodes or groups that the graph has not, for
    figures that `draw` refuses, and for formulas that are no LaTeX.
    """
    return _render(_document(), text, file, target, here, draw, glossary)


def render_note(
    text: str, place: Place, target: LinkTarget | None = None, *, here: Here | None = None
) -> Markup:
    """The HTML of a short text that shares its page with others: no anchors, no footnotes.

    Raises Problems that stand at `place`, where the text is a value in another file.
    """
    try:
        return _render(_note(), text, place.file, target, here)
    except Problems as error:
        raise Problems(
            TracerError(one.message, hint=one.hint, place=place) for one in error.problems
        ) from None


def links(text: str, file: Path, *, here: Here | None = None) -> list[tuple[str, Place]]:
    """Every link and picture of a document: the address its page has for it, and its place."""
    found = []
    for child, attribute, place in _addresses(_document().parse(text), text, file):
        address = str(child.attrGet(attribute))
        found.append((here.address(address) if here else address, place))
    return found


def parse(text: str) -> list[Token]:
    """A document as markdown-it reads it, before anything is made of it."""
    return _document().parse(text)


def figure_slugs(text: str) -> list[str]:
    """The slugs of the graphs whose pictures a document shows."""
    return [slug for slugs in figures_in(_document().parse(text)) for slug in slugs]


def pictures_without_words(text: str, file: Path) -> list[Place]:
    """The places of pictures that say nothing to a reader who cannot see them."""
    found = _addresses(_document().parse(text), text, file)
    return [place for child, _, place in found if child.type == "image" and not child.content]


def _render(
    parser: MarkdownIt,
    text: str,
    file: Path,
    target: LinkTarget | None,
    here: Here | None,
    draw: DrawFigure | None = None,
    glossary: Mapping[str, str] | None = None,
) -> Markup:
    environment: dict[str, Any] = {}
    tokens = parser.parse(text, environment)

    def inline(token: Token) -> Markup:
        return Markup(parser.renderer.render([token], parser.options, environment))

    problems = [*_link_nodes(tokens, text, file, target, here)]
    _close_hidden(tokens)
    problems += typeset(tokens, text.split("\n"), file)
    if draw is not None and not problems:
        problems += place_figures(tokens, file, draw, inline)
    if problems:
        raise Problems(problems)
    _lower_headings(tokens)
    _align_by_class(tokens)
    _plain_empty_heads(tokens)
    set_directions(tokens)
    explain(tokens, glossary or {})
    return Markup(parser.renderer.render(tokens, parser.options, environment))


@cache
def _document() -> MarkdownIt:
    parser = _parser().use(footnote_plugin)
    use_figures(parser)
    return parser.use(anchors_plugin, min_level=1, max_level=4, slug_func=_anchor)


@cache
def _note() -> MarkdownIt:
    return _parser()


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "highlight": _highlight})
    parser.enable(["table", "strikethrough"])
    parser.add_render_rule("table_open", _open_table)
    parser.add_render_rule("table_close", _close_table)
    use_maths(parser)
    return parser


def _addresses(
    tokens: Iterable[Token], text: str, file: Path
) -> Iterator[tuple[Token, str, Place]]:
    """Each link and picture: its token, the attribute that holds its address, its place."""
    lines = text.split("\n")
    for token in tokens:
        seen = 0
        for child in token.children or ():
            attribute = {"link_open": "href", "image": "src"}.get(child.type)
            if attribute is not None:
                address = str(child.attrGet(attribute))
                place, seen = find_in_block(f"({address}", lines, token.map, seen, file)
                if place.column is not None:
                    place = Place(file, place.line, place.column + 1)
                yield child, attribute, place


def _link_nodes(
    tokens: Iterable[Token], text: str, file: Path, target: LinkTarget | None, here: Here | None
) -> Iterator[TracerError]:
    """Point links to nodes into the viewer, and all others at the page that is shown."""
    for child, attribute, place in _addresses(tokens, text, file):
        address = str(child.attrGet(attribute))
        if child.type == "image" and is_elsewhere(address):
            hint = "put it into `site_src/files/`, and name it there"
            yield TracerError("this picture lies elsewhere", hint=hint, place=place)
        if address.startswith(PREFIX) and target is not None:
            yield from _link_head(child, address.removeprefix(PREFIX), target, place)
            continue
        if address.startswith(CLAIM) and target is not None:
            yield from _link_claim(child, address.removeprefix(CLAIM), target, place)
            continue
        if not address.startswith(("node:", "group:", PREFIX, CLAIM)):
            if here is not None:
                child.attrSet(attribute, here.address(address))
            continue
        name = address.removeprefix("node:")
        nodes = target.resolve(name) if target else []
        if nodes:
            child.attrs = {"class": "node-link", **node_link(nodes)}
        elif target is None:
            hint = "link to the graph's page instead"
            what = f"`{address}` needs a graph, and this page has none"
            yield TracerError(what, hint=hint, place=place)
        elif name.startswith("group:") and not target.annotated:
            child.hidden = True  # told as a warning
        elif target.knows(name):
            what = f"the graph has no {'group' if 'group:' in name else 'node'} `{name}`"
            yield TracerError(what, hint=target.nearest(name), place=place)


def _link_head(child: Token, name: str, target: LinkTarget, place: Place) -> Iterator[TracerError]:
    """To what the page says of a head. A page that says nothing of heads shows the words alone."""
    if target.heads is None:
        child.hidden = True
    elif name in target.heads:
        child.attrs = {"href": f"#head-{name}"}
    else:
        hint = f"it tells of {', '.join(target.heads)}"
        yield TracerError(f"the page tells of no head `{name}`", hint=hint, place=place)


def _link_claim(child: Token, name: str, target: LinkTarget, place: Place) -> Iterator[TracerError]:
    """To what became of a claim. An older revision that has not its nodes shows the words alone."""
    if name in target.claims:
        child.attrs = {"href": f"#claim-{name}"}
        return
    known = [one.id for one in target.annotations.claims]
    if name in known or not target.groups_known or not target.annotated:
        child.hidden = True
    else:
        hint = did_you_mean(name, known) or f"there are {', '.join(known) or 'none'}"
        yield TracerError(f"there is no claim `{name}`", hint=hint, place=place)


def is_elsewhere(address: str) -> bool:
    """Whether a browser would ask another host for it, in whatever spelling.

    >>> [is_elsewhere(one) for one in ("//a.b/c", "https:a.b", "../files/a.png", "data:image/png,")]
    [True, True, False, False]
    """
    parts = urlsplit(address.replace("\\", "/"))
    return bool(parts.netloc) or parts.scheme not in ("", "data")


def _close_hidden(tokens: Iterable[Token]) -> None:
    """A link that is not shown is not closed either; no link holds another."""
    for token in tokens:
        hidden = False
        for child in token.children or ():
            if child.type == "link_open":
                hidden = child.hidden
            elif child.type == "link_close":
                child.hidden = hidden


def _lower_headings(tokens: Sequence[Token]) -> None:
    """A page has one `h1`, its title; a text that uses `#` itself moves down by one."""
    headings = [token for token in tokens if token.type in ("heading_open", "heading_close")]
    if any(token.tag == "h1" for token in headings):
        for token in headings:
            token.tag = f"h{min(6, int(token.tag[1]) + 1)}"


def _align_by_class(tokens: Iterable[Token]) -> None:
    """The policy forbids `style`, so a column's alignment becomes a class."""
    for token in tokens:
        if token.type in ("th_open", "td_open"):
            style = str(token.attrs.pop("style", ""))
            if match := _ALIGNMENT.search(style):
                token.attrSet("class", f"align-{match[1]}")


def _plain_empty_heads(tokens: Sequence[Token]) -> None:
    """A column's head that says nothing is no head: for readers of the screen it would be one."""
    for head, inside, end in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if head.type == "th_open" and not inside.content.strip():
            head.tag = end.tag = "td"


def _anchor(title: str) -> str:
    slug = re.sub(r"[\s_-]+", "-", re.sub(r"[^\w\s-]", "", title.strip().lower())).strip("-")
    return f"section-{slug}" if slug in RESERVED_IDS or not slug else slug


def _highlight(code: str, language: str, _: str) -> str:
    """Code with classes for its parts; the box can be scrolled with the keyboard."""
    lexer = _lexer(language)
    body = highlight(code, lexer, _FORMATTER) if lexer else str(escape(code))
    return f'<pre class="code" tabindex="0"><code>{body}</code></pre>'


@cache
def _lexer(language: str) -> Lexer | None:
    try:
        return get_lexer_by_name(language, stripnl=False) if language else None
    except ClassNotFound:
        return None


def _open_table(_: Any, tokens: Sequence[Token], index: int, *__: Any) -> str:
    way = ' dir="rtl"' if tokens[index].attrGet("dir") else ""
    return f'<div class="table-scroll" tabindex="0" role="group" aria-label="Table"><table{way}>'


def _close_table(*_: Any) -> str:
    return "</table></div>"
