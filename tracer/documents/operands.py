"""Sets over two words, such as `{a} + {b} = `: each row is a pair, and features fire on pairs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from tracer.documents.set_account import Row, SetAccount

FULL = 0.5  # of the pairs that there could be, those that must be there
FEWEST = 2  # values of each word


@dataclass(frozen=True)
class OperandGrid:
    """The pairs of a set: `down` and `across` are its words, each with its values in order."""

    down: str
    across: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]

    @staticmethod
    def of(rows: Sequence[Row]) -> OperandGrid | None:
        """None where the template has not two words, or most pairs are not there."""
        names = list(rows[0].words) if rows else []
        if len(names) != 2 or any(list(row.words) != names for row in rows):
            return None
        down, across = (_in_order([row.words[one] for row in rows]) for one in names)
        if min(len(down), len(across)) < FEWEST or len(rows) < FULL * len(down) * len(across):
            return None
        return OperandGrid(names[0], names[1], down, across)

    def at(self, row: Row) -> tuple[int, int]:
        return self.rows.index(row.words[self.down]), self.columns.index(row.words[self.across])

    def labels(self, row: Row) -> Mapping[str, Hashable]:
        """What a feature may follow: either word, their sum where both are numbers, or what the
        row asks for."""
        first, second = row.words[self.down], row.words[self.across]
        found: dict[str, Hashable] = {self.down: first, self.across: second}
        if _is_number(first) and _is_number(second):
            found["their sum"] = int(first) + int(second)
        return found | {"the answer": row.answer}

    def followed(self, rows: Sequence[Row], values: Sequence[float]) -> dict[str, float]:
        """How much of the spread of `values`, one a row, each label takes away, the most first."""
        labels = [self.labels(row) for row in rows]
        shared = [one for one in labels[0] if all(one in each for each in labels)]
        found = {one: share_told([each[one] for each in labels], values) for one in shared}
        return dict(sorted(found.items(), key=lambda item: -item[1]))


def grid_of(account: SetAccount) -> OperandGrid | None:
    """That of a set with a template of two words."""
    return OperandGrid.of(account.rows) if account.template else None


def share_told(labels: Sequence[Hashable], values: Sequence[float]) -> float:
    """Of the variance of values, what their label tells, less what as many labels tell by chance
    (Kelley's epsilon squared); 0 where nothing varies.

    >>> share_told(["a", "a", "b", "b"], [1, 1, 3, 3])
    1.0
    """
    groups: dict[Hashable, list[float]] = defaultdict(list)
    for label, value in zip(labels, values, strict=True):
        groups[label].append(value)
    mean, free = fmean(values), len(values) - len(groups)
    whole = sum((value - mean) ** 2 for value in values)
    if free <= 0 or not whole:
        return 0.0
    within = sum((v - fmean(some)) ** 2 for some in groups.values() for v in some)
    return max(0.0, 1 - (within / free) / (whole / (len(values) - 1)))


def _in_order(values: Sequence[str]) -> tuple[str, ...]:
    """Each once: numbers by size, words as they come."""
    found = list(dict.fromkeys(values))
    return tuple(sorted(found, key=int) if all(map(_is_number, found)) else found)


def _is_number(text: str) -> bool:
    return text.isascii() and text.removeprefix("-").isdigit() and len(text) < 10
