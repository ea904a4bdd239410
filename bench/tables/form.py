"""The form of README's tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def told_goals(goals: Iterable[tuple[str, bool]]) -> str:
    short = [goal for goal, reached in goals if not reached]
    return f"Short of the goal: {'; '.join(short)}." if short else "Every goal is reached."


def p95(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(0.95 * len(values)))]
