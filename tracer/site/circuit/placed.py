"""A box with its size, its place, and its texts cut to fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from tracer.site.circuit.boxes import Box
from tracer.site.circuit.lettering import text_width, wrap

NAME_SIZE = 15
DETAIL_SIZE = 12
NAME_LEADING = 19
DETAIL_LEADING = 16
CAPTION_HEIGHT = 26
PADDING = 12
STRETCH = 1.15  # of the widest box, for a name's word that would be cut; two still stand abreast


@dataclass(frozen=True)
class Canvas:
    """The room there is: a wide picture for a desk, a narrow one for a phone."""

    width: float
    most_across: int
    widest_box: float
    row_gap: float
    gap: float = 16
    margin: float = 6
    terse: bool = False  # names alone: for a thumbnail


@dataclass(frozen=True)
class Placed:
    """A box with its place, and its text cut to fit; `x` and `y` are the upper left corner."""

    box: Box
    x: float
    y: float
    width: float
    height: float
    name_lines: tuple[str, ...]
    detail_lines: tuple[str, ...]
    word_lines: tuple[str, ...] = ()

    @property
    def centre(self) -> float:
        return self.x + self.width / 2

    def part_span(self, index: int) -> tuple[float, float]:
        """Left edge and width of one part."""
        width = self.width / len(self.box.parts)
        return self.x + index * width, width

    def overlaps(self, other: Placed) -> bool:
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )


def size_of(box: Box, canvas: Canvas) -> tuple[float, float]:
    longest = max(text_width(word, NAME_SIZE) for word in box.name.split(" "))
    stretched = min(longest + 2 * PADDING, STRETCH * canvas.widest_box)
    inner = max(canvas.widest_box, stretched) - 2 * PADDING
    name = min(text_width(box.name, NAME_SIZE), inner)
    captions = [text_width(part.caption, DETAIL_SIZE) + PADDING for part in box.parts]
    said = () if canvas.terse else (*box.words, box.detail)
    content = max([name, *(min(text_width(one, DETAIL_SIZE), inner) for one in said)])
    width = max(content + 2 * PADDING, max(captions) * len(captions), 72)
    texts = _texts(box, width, canvas)
    height = 2 * PADDING + NAME_LEADING * len(texts.name) - 4
    height += DETAIL_LEADING * (len(texts.words) + len(texts.detail))
    height += CAPTION_HEIGHT if any(part.caption for part in box.parts) else 0
    return width, height


class _Texts(NamedTuple):
    name: tuple[str, ...]
    words: tuple[str, ...]
    detail: tuple[str, ...]


def _texts(box: Box, width: float, canvas: Canvas) -> _Texts:
    """A box's texts, cut to fit."""
    inner = width - 2 * PADDING + 1
    name = wrap(box.name, NAME_SIZE, inner, lines=2)
    if canvas.terse:
        return _Texts(name, (), ())
    said = [line for one in box.words for line in wrap(one, DETAIL_SIZE, inner, lines=2)]
    return _Texts(name, tuple(said), wrap(box.detail, DETAIL_SIZE, inner, lines=2))


def placed_box(box: Box, centre: float, y: float, tallest: float, canvas: Canvas) -> Placed:
    width, height = size_of(box, canvas)
    texts = _texts(box, width, canvas)
    return Placed(
        box=box,
        x=centre - width / 2,
        y=y + (tallest - height) / 2,
        width=width,
        height=height,
        name_lines=texts.name,
        detail_lines=texts.detail,
        word_lines=texts.words,
    )
