"""Markdown to HTML: CommonMark with tables, footnotes, anchors and links into a graph.

Raw HTML stays text and the link check is on, so there is nothing to sanitise afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape
from mdit_py_plugins.anchors import anchors_plugin
from mdit_py_plugins.footnote import footnote_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from tracer.documents.annotations import Annotations
from tracer.documents.graph import Graph
from tracer.documents.references import Reference
from tracer.errors import Place, Problems, TracerError
from tracer.site.dangling import nearest
from tracer.site.node_links import node_link

# Ids that the templates use; a heading of that name must not take them.
RESERVED_IDS = frozenset({"content", "viewer", "circuit", "write-up", "facts", "counterpoints"})
_ALIGNMENT = re.compile(r"text-align:(left|center|right)")


@dataclass(frozen=True)
class LinkTarget:
    """The graph that `node:` and `group:` links of a text point into."""

    graph: Graph
    annotations: Annotations

    def resolve(self, text: str) -> list[str]:
        groups = {key: group.nodes for key, group in self.annotations.groups.items()}
        return Reference(text).resolve(self.graph.node_ids, groups)


def render(text: str, file: Path, target: LinkTarget | None = None) -> Markup:
    """The HTML of a whole document.

    Raises Problems with file:line:col for links to nodes or groups that the graph has not.
    """
    return _render(_document(), text, file, target)


def render_note(text: str, place: Place, target: LinkTarget | None = None) -> Markup:
    """The HTML of a short text that shares its page with others: no anchors, no footnotes.

    Raises Problems that stand at `place`, where the text is a value in another file.
    """
    try:
        return _render(_note(), text, place.file, target)
    except Problems as error:
        raise Problems(
            TracerError(one.message, hint=one.hint, place=place) for one in error.problems
        ) from None


def _render(parser: MarkdownIt, text: str, file: Path, target: LinkTarget | None) -> Markup:
    environment: dict[str, Any] = {}
    tokens = parser.parse(text, environment)
    problems = list(_link_nodes(tokens, text, file, target))
    if problems:
        raise Problems(problems)
    _lower_headings(tokens)
    _align_by_class(tokens)
    return Markup(parser.renderer.render(tokens, parser.options, environment))


@cache
def _document() -> MarkdownIt:
    parser = _note().use(footnote_plugin)
    return parser.use(anchors_plugin, min_level=1, max_level=4, slug_func=_anchor)


def _note() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "highlight": _highlight})
    parser.enable(["table", "strikethrough"])
    parser.add_render_rule("table_open", _open_table)
    parser.add_render_rule("table_close", _close_table)
    return parser


def _link_nodes(
    tokens: Iterable[Token], text: str, file: Path, target: LinkTarget | None
) -> Iterable[TracerError]:
    lines = text.split("\n")
    for token in tokens:
        seen = 0
        for child in token.children or ():
            reference = str(child.attrGet("href") or "") if child.type == "link_open" else ""
            if not reference.startswith(("node:", "group:")):
                continue
            place, seen = _find(reference, lines, token.map, seen, file)
            name = reference.removeprefix("node:")
            nodes = target.resolve(name) if target else []
            if nodes:
                child.attrs = {"class": "node-link", **node_link(nodes)}
            elif target is None:
                hint = "link to the graph's page instead"
                what = f"`{reference}` needs a graph, and this page has none"
                yield TracerError(what, hint=hint, place=place)
            else:
                hint_text = nearest(name, target.graph, target.annotations)
                hint = hint_text or "node ids are in the graph's file and in the viewer"
                what = f"the graph has no {'group' if 'group:' in name else 'node'} `{name}`"
                yield TracerError(what, hint=hint, place=place)


def _find(
    reference: str, lines: Sequence[str], span: Sequence[int] | None, skip: int, file: Path
) -> tuple[Place, int]:
    """Where the link stands; `skip` is how many characters of the block were searched before."""
    first, last = (span[0], span[1]) if span else (0, len(lines))
    block = "\n".join(lines[first:last])
    at = block.find(f"({reference}", skip)
    if at < 0:
        return Place(file, first + 1), skip
    before = block[: at + 1]
    line = first + before.count("\n") + 1
    return Place(file, line, len(before) - before.rfind("\n")), at + 1


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


def _anchor(title: str) -> str:
    slug = re.sub(r"[\s_-]+", "-", re.sub(r"[^\w\s-]", "", title.strip().lower())).strip("-")
    return f"section-{slug}" if slug in RESERVED_IDS or not slug else slug


def _highlight(code: str, language: str, _: str) -> str:
    """Code with classes for its parts; the box can be scrolled with the keyboard."""
    try:
        lexer = get_lexer_by_name(language, stripnl=False) if language else None
    except ClassNotFound:
        lexer = None
    body = highlight(code, lexer, HtmlFormatter(nowrap=True)) if lexer else str(escape(code))
    return f'<pre class="code" tabindex="0"><code>{body}</code></pre>'


def _open_table(*_: Any) -> str:
    return '<div class="table-scroll" tabindex="0" role="group" aria-label="Table"><table>'


def _close_table(*_: Any) -> str:
    return "</table></div>"
