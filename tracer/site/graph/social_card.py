"""The picture that other sites show with a link to a graph: what was found, prompt, answer and
circuit; 1200 × 630.

Drawn in the site's colours by day, with the fonts beside this file, never with those of the
machine, so that it is the same anywhere. What these fonts have no letters for is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template

import resvg
from markupsafe import Markup
from resvg import usvg

from tracer.site.circuit.lettering import clip, text_width, wrap
from tracer.site.graph.font_letters import letters_of
from tracer.site.graph.graph_page import GraphPage
from tracer.site.wording.percent import percent

WIDTH, HEIGHT = 1200, 630
_MARGIN = 56
_SIZE, _SMALL, _LEADING = 44, 28, 54
_FONTS = tuple(
    Path(__file__).parent / "fonts" / f"SourceSansPro-{face}.ttf"
    for face in ("Regular", "Semibold")
)
_STYLE = Template("""
text { font-family: 'Source Sans Pro'; }
.line { fill: none; stroke-linecap: round; }
.line.supports { stroke: $positive; stroke-opacity: .75; }
.line.opposes { stroke: $negative; stroke-opacity: .75; stroke-dasharray: 7 5; }
.head.supports { fill: $positive; }
.head.opposes { fill: $negative; }
.box { fill: $surface; stroke: $neutral; stroke-width: 2; }
.box.answer { fill: $logit; stroke: $logit; }
.box.word { fill: $sunken; stroke: $line; }
.named text { text-anchor: middle; font-size: 15px; fill: $text; }
.named .group text, .named .answer text { font-weight: 600; }
.named .answer text { fill: $bg; }
.line.around { stroke-opacity: .3; }
.box.source { fill: none; stroke: $neutral; stroke-dasharray: 3 3; }
""")
_AS_DRAWN = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def draw_card(page: GraphPage, *, site: str, colours: Mapping[str, str]) -> bytes:
    """A PNG; the same page in the same colours (see `daylight`) gives the same bytes."""
    # Options belong to the thread that makes them, and making them costs next to nothing.
    options = usvg.Options.default()
    for font in _FONTS:
        options.load_font_data(_content(font))  # a file would be read anew for every text
    return resvg.render(usvg.Tree.from_str(_svg(page, site, colours), options), _AS_DRAWN)


def _svg(page: GraphPage, site: str, colours: Mapping[str, str]) -> str:
    room = WIDTH - 2 * _MARGIN
    parts = [
        Markup('<rect width="{}" height="{}" fill="{}"/>').format(WIDTH, HEIGHT, colours["bg"]),
        _text(_MARGIN, 66, 24, colours["muted"], clip(_written(site), 24, room)),
    ]
    y = 66 + 62
    for line in _lines(page, room):
        parts.append(_text(_MARGIN, y, line.size, colours[line.colour], line.text, bold=line.bold))
        y += _LEADING
    if thumbnail := page.pictures.thumbnail:
        frame = '<svg x="{}" y="{}" width="{}" height="{}">{}</svg>'
        top = y - 20
        parts.append(Markup(frame).format(_MARGIN, top, room, HEIGHT - top - 30, thumbnail))
    drawing = '<svg xmlns="http://www.w3.org/2000/svg" width="{}" height="{}">{}{}</svg>'
    style = Markup("<style>{}</style>").format(Markup(_STYLE.substitute(colours)))
    return _known(str(Markup(drawing).format(WIDTH, HEIGHT, style, Markup("").join(parts))))


@dataclass(frozen=True)
class _Line:
    text: str
    size: int
    colour: str
    bold: bool = False


def _lines(page: GraphPage, room: float) -> Iterator[_Line]:
    """What was found, where somebody says so, above the end of the prompt; else all of the prompt.
    Then the answer."""
    prompt, said = _written(_asked(page)), _written(page.meta.title or "")
    for line in wrap(said or prompt, _SIZE, room * 1.12, lines=2):
        yield _Line(line, _SIZE, "text", bold=bool(said))
    if said and prompt and prompt not in said:
        yield _Line(_end_of(prompt, _SMALL, room), _SMALL, "muted")
    answer = page.about.answer
    told = _written(answer.text) if answer else ""
    if answer and told:
        chance = "" if answer.probability is None else f"  {percent(answer.probability)}"
        yield _Line(clip(f"→ {told}{chance}", _SIZE, room), _SIZE, "accent", bold=True)


def _asked(page: GraphPage) -> str:
    """The prompt; of a chat what was said last, without what its template puts around it."""
    info = page.graph.metadata.tracer
    turns = info.chat if info else None
    return turns[-1].content if turns else page.about.prompt


def _end_of(text: str, size: int, room: float) -> str:
    """Cut at its beginning, as the answer follows its end."""
    words = text.split(" ")
    while len(words) > 1 and text_width(" ".join(["…", *words]), size) > room * 1.12:
        words = words[1:]
    return text if len(words) == len(text.split(" ")) else " ".join(["…", *words])


def _text(x: int, y: int, size: int, colour: str, text: str, *, bold: bool = False) -> Markup:
    tag = '<text x="{}" y="{}" font-size="{}" font-weight="{}" fill="{}">{}</text>'
    return Markup(tag).format(x, y, size, 600 if bold else 400, colour, text)


def _written(text: str) -> str:
    """On one line, as far as the fonts have its letters; nothing where they have none."""
    known = _known(" ".join(_CONTROL.sub(" ", text).split()))
    return known if any(one.isalnum() for one in known) or known == text.strip() else ""


def _known(text: str) -> str:
    """What the fonts have no letters for, and what joins it, becomes an ellipsis."""
    return _unknown().sub("…", text)


@cache
def _unknown() -> re.Pattern[str]:
    letters = (letters_of(_FONTS[0]) | set(map(ord, "\n\t"))) - {ord(" ")}
    known = "".join(re.escape(chr(one)) for one in sorted(letters))
    return re.compile(f"[^{known} ][^{known}]*(?<! )")


@cache
def _content(font: Path) -> bytes:
    return font.read_bytes()
