"""Where the parts of a circuit's picture go: words below, groups by layer, the answer on top.

Not by Graphviz, which is a program of its own that hosts which build a site do not have.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from tracer.site.circuit.boxes import Box, Circuit
from tracer.site.circuit.curves import Curve, Edges, Lane, curves, passing
from tracer.site.circuit.lettering import clip, text_width, wrap
from tracer.site.circuit.line_width import line_width
from tracer.site.circuit.lines import Line

NAME_SIZE = 15
DETAIL_SIZE = 12
NAME_LEADING = 19
DETAIL_LEADING = 16
WORD_HEIGHT = 30
AMOUNT_HEIGHT = 16  # below a word, where its share is known
CAPTION_HEIGHT = 26
PADDING = 12
WORD_LEADING = 6
LANE_WIDTH = 10.0
MOST_BANDS = 6
MOVABLE = 40.0  # boxes weigh no more than lines so wide
FLOW_BANDS, FLOW_GAP = 4, 0.8  # of an account, whose boxes are taller


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


WIDE = Canvas(width=960, most_across=5, widest_box=216, row_gap=72)
NARROW = Canvas(width=372, most_across=2, widest_box=146, row_gap=54)


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


@dataclass(frozen=True)
class Layout:
    circuit: Circuit
    canvas: Canvas
    height: float
    placed: tuple[Placed, ...]
    curves: tuple[Curve, ...]


def lay_out_pictures(circuit: Circuit) -> dict[str, Layout]:
    """The layouts of a page's pictures, of which a style sheet shows one, by their names."""
    return {"wide": lay_out(circuit, WIDE), "narrow": lay_out(circuit, NARROW)}


def lay_out(circuit: Circuit, canvas: Canvas) -> Layout:
    """Place every box and line of a circuit; no two boxes overlap."""
    bands = MOST_BANDS
    if circuit.balance is not None and not canvas.terse:
        canvas, bands = replace(canvas, row_gap=canvas.row_gap * FLOW_GAP), FLOW_BANDS
    word_rows = _flow_words(circuit.words, canvas)
    at = _wanted(circuit, word_rows, canvas)
    stacked = stack(circuit.groups, circuit.lines, bands)
    rows = [piece for row in stacked for piece in _split(row, canvas)]
    rows.append([circuit.answer])
    level = {part.key: 0 for box in circuit.words for part in box.parts}
    level |= {p.key: n for n, row in enumerate(rows, 1) for box in row for p in box.parts}
    lanes_wanted = passing(circuit.lines, level, at)
    placed: list[Placed] = []
    lanes: dict[Line, list[Lane]] = defaultdict(list)
    y = canvas.margin
    for number in range(len(rows), 0, -1):
        room = _Row(rows[number - 1], lanes_wanted[number], y)
        boxes, crossing = _place_row(room, at, canvas, circuit)
        height = max(box.height for box in boxes)
        placed += boxes
        for line, x in crossing.items():
            lanes[line].insert(0, Lane(x, y + height, y))
        y += height + canvas.row_gap
    for words in word_rows:
        row = [_placed_word(box, x, y, width) for box, x, width in words]
        placed += row
        y += max((one.height for one in row), default=WORD_HEIGHT) + WORD_LEADING
    edges = {
        part.key: Edges(*one.part_span(index), one.y, one.y + one.height)
        for one in placed
        for index, part in enumerate(one.box.parts)
    }
    drawn = curves(circuit.lines, edges, lanes)
    return Layout(circuit, canvas, y - WORD_LEADING + canvas.margin, tuple(placed), drawn)


def stack(groups: Sequence[Box], lines: Sequence[Line], bands: int = MOST_BANDS) -> list[list[Box]]:
    """Rows from below: boxes of near layers side by side, and each above whatever feeds it."""
    if not groups:
        return []
    order = sorted(groups, key=lambda box: (box.layer, box.word, box.parts[0].key))
    reach = max(1.0, (order[-1].layer - order[0].layer) / bands)
    home = {part.key: number for number, box in enumerate(order) for part in box.parts}
    feeds: dict[int, set[int]] = defaultdict(set)
    for line in lines:
        source, target = home.get(line.source), home.get(line.target)
        if source is not None and target is not None and source < target:
            feeds[target].add(source)
    rows: list[list[Box]] = [[]]
    row_of: list[int] = []
    for number, box in enumerate(order):
        below = feeds[number] | {
            other for other in range(number) if box.column and order[other].column == box.column
        }
        row = max([row_of[other] + 1 for other in below], default=0)
        while row < len(rows) and rows[row] and box.layer - rows[row][0].layer > reach:
            row += 1
        while row >= len(rows):
            rows.append([])
        rows[row].append(box)
        row_of.append(row)
    return [row for row in rows if row]


def spread(
    wanted: Sequence[float], widths: Sequence[float], low: float, high: float
) -> list[float]:
    """Centres as near to the wanted ones as non-overlapping allows, in the wanted order.

    Least squares under `next − this ≥ distance`: pool adjacent violators, then shift into bounds.
    """
    offsets = [0.0]
    for before, after in pairwise(widths):
        offsets.append(offsets[-1] + (before + after) / 2)
    pools: list[list[float]] = []  # each [sum, count]
    for want, offset in zip(wanted, offsets, strict=True):
        pools.append([want - offset, 1])
        while len(pools) > 1 and pools[-2][0] / pools[-2][1] > pools[-1][0] / pools[-1][1]:
            total, count = pools.pop()
            pools[-1][0] += total
            pools[-1][1] += count
    level = [total / count for total, count in pools for _ in range(int(count))]
    lowest = low + widths[0] / 2
    highest = high - widths[-1] / 2 - offsets[-1]
    return [max(lowest, min(highest, z)) + offset for z, offset in zip(level, offsets, strict=True)]


def _size(box: Box, canvas: Canvas) -> tuple[float, float]:
    inner = canvas.widest_box - 2 * PADDING
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
    if canvas.terse:
        return _Texts((clip(box.name, NAME_SIZE, inner),), (), ())
    name = wrap(box.name, NAME_SIZE, inner, lines=2)
    said = [line for one in box.words for line in wrap(one, DETAIL_SIZE, inner, lines=2)]
    return _Texts(name, tuple(said), wrap(box.detail, DETAIL_SIZE, inner, lines=2))


def _split(row: Sequence[Box], canvas: Canvas) -> list[list[Box]]:
    """A row in as many rows as it needs, lower layers below, each within the canvas."""
    room = canvas.width - 2 * canvas.margin
    pieces: list[list[Box]] = [[]]
    used = 0.0
    for box in row:
        width = _size(box, canvas)[0]
        if pieces[-1] and (len(pieces[-1]) == canvas.most_across or used + width > room):
            pieces.append([])
            used = 0.0
        pieces[-1].append(box)
        used += width + canvas.gap
    return pieces


class _Row(NamedTuple):
    """The boxes of a row, the lines that only pass it and where they would like to, its top."""

    boxes: Sequence[Box]
    passing: Mapping[Line, float]
    y: float


class _Item(NamedTuple):
    """A box of a row, or the lane of a line: where it would like its centre, and its width."""

    wanted: float
    width: float
    what: Box | Line


def _place_row(
    row: _Row, at: Mapping[str, float], canvas: Canvas, circuit: Circuit
) -> tuple[list[Placed], dict[Line, float]]:
    """The boxes of a row, and where the lines that only pass it go between them."""
    boxes = [_Item(at[b.parts[0].key], _size(b, canvas)[0] + canvas.gap, b) for b in row.boxes]
    room = canvas.width - 2 * canvas.margin + canvas.gap - sum(one.width for one in boxes)
    lanes = _lanes(row.passing, circuit, max(0.0, room))
    items = sorted([*boxes, *lanes], key=lambda item: item.wanted)
    low = canvas.margin - canvas.gap / 2
    bounds = (low, canvas.width - low)
    if circuit.balance is not None:
        items = _straighter(items, bounds)
    tallest = max(_size(box, canvas)[1] for box in row.boxes)
    placed, crossing = [], {}
    for centre, item in zip(_centres(items, bounds), items, strict=True):
        if isinstance(item.what, Line):
            crossing[item.what] = centre
        else:
            placed.append(_placed_box(item.what, centre, row.y, tallest, canvas))
    return placed, crossing


def _lanes(passing_lines: Mapping[Line, float], circuit: Circuit, room: float) -> list[_Item]:
    """As wide as their lines, where these are to scale and there is room."""
    widths = dict.fromkeys(passing_lines, LANE_WIDTH)
    if circuit.balance is not None:
        widths = {line: 5 + line_width(line, circuit) for line in passing_lines}
    shrink = min(1.0, room / max(1.0, sum(widths.values())))
    return [_Item(x, widths[line] * shrink, line) for line, x in passing_lines.items()]


def _centres(items: Sequence[_Item], bounds: tuple[float, float]) -> list[float]:
    return spread([item.wanted for item in items], [item.width for item in items], *bounds)


def _straighter(items: list[_Item], bounds: tuple[float, float]) -> list[_Item]:
    """Boxes step aside for what flows past them: the order in which all stand nearest to where
    they would."""

    def cost(order: list[_Item]) -> float:
        return sum(
            min(item.width, MOVABLE) * (centre - item.wanted) ** 2
            for item, centre in zip(order, _centres(order, bounds), strict=True)
        )

    best, least = items, cost(items)
    for box in [item for item in items if isinstance(item.what, Box)]:
        rest = [item for item in best if item is not box]
        for place in range(len(rest) + 1):
            order = [*rest[:place], box, *rest[place:]]
            if (found := cost(order)) < least - 1e-6:
                best, least = order, found
    return best


def _placed_box(box: Box, centre: float, y: float, tallest: float, canvas: Canvas) -> Placed:
    width, height = _size(box, canvas)
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


def _flow_words(words: Sequence[Box], canvas: Canvas) -> list[list[tuple[Box, float, float]]]:
    """Words set like text, line by line: (box, x, width)."""
    room = canvas.width - 2 * canvas.margin
    rows: list[list[tuple[Box, float]]] = [[]]
    used = 0.0
    for box in words:
        said = max(text_width(box.name, NAME_SIZE), text_width(box.amount, DETAIL_SIZE))
        width = min(said + 12, room)
        if rows[-1] and used + width > room:
            rows.append([])
            used = 0.0
        rows[-1].append((box, width))
        used += width + 4
    flowed = []
    for row in rows:
        total = sum(width for _, width in row)
        gap = min(64.0, (room - total) / max(1, len(row) - 1)) if len(rows) == 1 else 4.0
        x = (canvas.width - total - gap * (len(row) - 1)) / 2
        placed = []
        for box, width in row:
            placed.append((box, x, width))
            x += width + gap
        flowed.append(placed)
    return flowed


def _placed_word(box: Box, x: float, y: float, width: float) -> Placed:
    text = clip(box.name, NAME_SIZE, width - 11)
    height = WORD_HEIGHT + (AMOUNT_HEIGHT if box.amount else 0)
    return Placed(box, x, y, width, height, (text,), ())


def _at_word(word: float, centres: Sequence[float], canvas: Canvas) -> float:
    """Between two words' centres for a group that stands at several words."""
    if not centres:
        return canvas.width / 2
    left = min(int(word), len(centres) - 1)
    right = min(left + 1, len(centres) - 1)
    return centres[left] + (word - left) * (centres[right] - centres[left])


def _wanted(
    circuit: Circuit, word_rows: list[list[tuple[Box, float, float]]], canvas: Canvas
) -> dict[str, float]:
    """Where each part would like its centre: at its words; the answer above what feeds it."""
    feet = [(box, x + width / 2) for row in word_rows for box, x, width in row]
    centres = [x for box, x in feet if box.kind == "word"]
    at = {
        part.key: _at_word(box.word, centres, canvas)
        for box in (*circuit.words, *circuit.groups)
        for part in box.parts
    }
    at |= {part.key: x for box, x in feet for part in box.parts}
    answer = circuit.answer.parts[0].key
    pulls = [(at[line.source], line.share) for line in circuit.lines if line.target == answer]
    total = sum(share for _, share in pulls)
    at[answer] = sum(x * share for x, share in pulls) / total if total else canvas.width / 2
    return at
