"""The picture that other sites show with a link to a graph: prompt, answer, circuit; 1200 × 630.

Drawn in the site's colours by day, with the fonts beside this file, never with those of the
machine, so that it is the same anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from string import Template

import resvg
from markupsafe import Markup
from resvg import usvg

from tracer.site.circuit.lettering import clip, wrap
from tracer.site.graph.graph_page import GraphPage
from tracer.site.wording.percent import percent

WIDTH, HEIGHT = 1200, 630
_MARGIN = 56
_SIZE, _LEADING = 44, 54
_FONTS = tuple(
    str(Path(__file__).parent / "fonts" / f"SourceSansPro-{face}.ttf")
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
        options.load_font_file(font)
    return resvg.render(usvg.Tree.from_str(_svg(page, site, colours), options), _AS_DRAWN)


def _svg(page: GraphPage, site: str, colours: Mapping[str, str]) -> str:
    room = WIDTH - 2 * _MARGIN
    about, thumbnail = page.about, page.pictures.thumbnail
    lines = wrap(_plain(about.prompt), _SIZE, room * 1.12, lines=2)
    parts = [
        Markup('<rect width="{}" height="{}" fill="{}"/>').format(WIDTH, HEIGHT, colours["bg"]),
        _text(_MARGIN, 66, 24, colours["muted"], clip(_plain(site), 24, room)),
    ]
    y = 66 + 62
    for line in lines:
        parts.append(_text(_MARGIN, y, _SIZE, colours["text"], line))
        y += _LEADING
    if about.answer is not None:
        chance = about.answer.probability
        said = "" if chance is None else f"  {percent(chance)}"
        answer = clip(f"→ {_plain(about.answer.text)}{said}", _SIZE, room)
        parts.append(_text(_MARGIN, y, _SIZE, colours["accent"], answer, bold=True))
        y += _LEADING
    top = y - 20
    if thumbnail:
        frame = '<svg x="{}" y="{}" width="{}" height="{}">{}</svg>'
        parts.append(
            Markup(frame).format(_MARGIN, top, room, HEIGHT - top - 30, page.pictures.thumbnail)
        )
    drawing = '<svg xmlns="http://www.w3.org/2000/svg" width="{}" height="{}">{}{}</svg>'
    style = Markup("<style>{}</style>").format(Markup(_STYLE.substitute(colours)))
    return str(Markup(drawing).format(WIDTH, HEIGHT, style, Markup("").join(parts)))


def _text(x: int, y: int, size: int, colour: str, text: str, *, bold: bool = False) -> Markup:
    tag = '<text x="{}" y="{}" font-size="{}" font-weight="{}" fill="{}">{}</text>'
    return Markup(tag).format(x, y, size, 600 if bold else 400, colour, text)


def _plain(text: str) -> str:
    return _CONTROL.sub(" ", text)
