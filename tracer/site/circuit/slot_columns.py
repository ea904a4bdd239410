"""A circuit whose boxes stand in a column for each word, in levels for thirds of the layers."""

from __future__ import annotations

from markupsafe import Markup, escape

COLUMN, LEVEL, WIDTH, HEIGHT = 122, 92, 112, 40
MARGIN, WIDEST, THINNEST = 12, 14.0, 0.6
PARTS = 3
Place = tuple[float, float]  # the middle


def across(columns: int) -> int:
    """How wide the picture is."""
    return 2 * MARGIN + COLUMN * max(2, columns)


def upright() -> int:
    """How high: words at the foot, three levels of boxes, the answer on top."""
    return 2 * MARGIN + LEVEL * (PARTS + 1) + HEIGHT


def column(at: int) -> float:
    return MARGIN + COLUMN * (at + 0.5)


def level(part: int) -> float:
    """Of a box in that third of the layers, lowest first."""
    return MARGIN + HEIGHT / 2 + LEVEL * (PARTS - part)


def foot() -> float:
    return upright() - MARGIN - HEIGHT / 2


def answer_place(columns: int) -> Place:
    """On top, at the right."""
    return across(columns) - MARGIN - COLUMN / 2, MARGIN + HEIGHT / 2


def curve(start: Place, end: Place, half: float) -> str:
    """From the upper edge of the one to the lower edge of the other."""
    (x, y), (u, v) = (start[0], start[1] - half), (end[0], end[1] + half)
    bend = max(20.0, abs(y - v) / 2)
    return f"M{x:.0f} {y:.0f}C{x:.0f} {y - bend:.0f} {u:.0f} {v + bend:.0f} {u:.0f} {v:.0f}"


def box(place: Place, name: str, more: str, *, kind: str = "", round_by: int = 5) -> Markup:
    """A frame with a name and a smaller line below."""
    x, y = place
    outer = f' class="{kind}"' if kind else ""
    return Markup(
        f'<g{outer}><rect x="{x - WIDTH / 2:.0f}" y="{y - HEIGHT / 2:.0f}" width="{WIDTH}" '
        f'height="{HEIGHT}" rx="{round_by}"/>'
        f'<text x="{x:.0f}" y="{y - 3:.0f}">{escape(short(name))}</text>'
        f'<text class="more" x="{x:.0f}" y="{y + 13:.0f}">{escape(more)}</text></g>'
    )


def word(place: Place, text: str) -> Markup:
    x, y = place
    return Markup(f'<text class="word" x="{x:.0f}" y="{y + 5:.0f}">{escape(short(text))}</text>')


def short(text: str, most: int = 14) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
