"""Where the parts of a circuit's picture go: words below, groups by layer, the answer on top.

Not by Graphviz, which is a program of its own that hosts which build a site do not have.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tracer.site.circuit.boxes import Box, Circuit
from tracer.site.circuit.curves import Curve, Edges, Lane, curves, passing
from tracer.site.circuit.lettering import clip, text_width
from tracer.site.circuit.lines import Line
from tracer.site.circuit.placed import DETAIL_SIZE, NAME_SIZE, Canvas, Placed, size_of
from tracer.site.circuit.rows import Row, place_row

WORD_HEIGHT = 30
AMOUNT_HEIGHT = 16  # below a word, where its share is known
WORD_LEADING = 6
MOST_BANDS = 6
TERSE_BANDS = 2
FLOW_BANDS, FLOW_GAP = 4, 0.8  # of an account, whose boxes are taller


WIDE = Canvas(width=960, most_across=5, widest_box=216, row_gap=72)
NARROW = Canvas(width=356, most_across=2, widest_box=146, row_gap=54, gap=10, margin=5)


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
    bands, feeding = MOST_BANDS, circuit.lines
    if canvas.terse:
        bands, feeding = TERSE_BANDS, ()
    elif circuit.balance is not None:
        canvas, bands = replace(canvas, row_gap=canvas.row_gap * FLOW_GAP), FLOW_BANDS
    word_rows = _flow_words(circuit.words, canvas)
    at = _wanted(circuit, word_rows, canvas)
    stacked = stack(circuit.groups, feeding, bands)
    rows = [piece for row in stacked for piece in _split(row, canvas)]
    rows.append([circuit.answer])
    level = {part.key: 0 for box in circuit.words for part in box.parts}
    level |= {p.key: n for n, row in enumerate(rows, 1) for box in row for p in box.parts}
    lanes_wanted = passing(circuit.lines, level, at)
    placed: list[Placed] = []
    lanes: dict[Line, list[Lane]] = defaultdict(list)
    y = canvas.margin
    for number in range(len(rows), 0, -1):
        room = Row(rows[number - 1], lanes_wanted[number], y)
        boxes, crossing = place_row(room, at, canvas, circuit)
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


def _split(row: Sequence[Box], canvas: Canvas) -> list[list[Box]]:
    """A row in as many rows as it needs, lower layers below, each within the canvas."""
    room = canvas.width - 2 * canvas.margin
    pieces: list[list[Box]] = [[]]
    used = 0.0
    for box in row:
        width = size_of(box, canvas)[0]
        if pieces[-1] and (len(pieces[-1]) == canvas.most_across or used + width > room):
            pieces.append([])
            used = 0.0
        pieces[-1].append(box)
        used += width + canvas.gap
    return pieces


def _flow_words(words: Sequence[Box], canvas: Canvas) -> list[list[tuple[Box, float, float]]]:
    """Words set like text, line by line: (box, x, width)."""
    room = canvas.width - 2 * canvas.margin
    rows = _lines_of_words(words, room, around=12)
    if len(rows) == 2 and len(closer := _lines_of_words(words, room, around=8)) == 1:
        rows = closer
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


def _lines_of_words(
    words: Sequence[Box], room: float, around: float
) -> list[list[tuple[Box, float]]]:
    """Each word with its width, which is `around` wider than what it says."""
    rows: list[list[tuple[Box, float]]] = [[]]
    used = 0.0
    for box in words:
        said = max(text_width(box.name, NAME_SIZE), text_width(box.amount, DETAIL_SIZE))
        width = min(said + around, room)
        if rows[-1] and used + width > room:
            rows.append([])
            used = 0.0
        rows[-1].append((box, width))
        used += width + 4
    return rows


def _placed_word(box: Box, x: float, y: float, width: float) -> Placed:
    text = clip(box.name, NAME_SIZE, width - 7)
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
