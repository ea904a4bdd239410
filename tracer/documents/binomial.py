"""How sure one is of a share: k of n, with the exact interval of Clopper and Pearson (1934).

By hand: SciPy, which has it, is six times the size of this package's other libraries together.
"""

from __future__ import annotations

from collections.abc import Callable
from math import comb

_HALVINGS = 60


def exact_interval(k: int, n: int, *, sure: float = 0.95) -> tuple[float, float]:
    """The shares that k of n does not speak against.

    >>> [round(end, 3) for end in exact_interval(8, 10)]
    [0.444, 0.975]
    >>> exact_interval(0, 5)[0], exact_interval(5, 5)[1]
    (0.0, 1.0)
    """
    tail = (1 - sure) / 2
    low = 0.0 if k == 0 else _crossing(lambda p: _at_least(k, n, p), tail)
    high = 1.0 if k == n else _crossing(lambda p: 1 - _at_least(k + 1, n, p), tail, falls=True)
    return low, high


def _at_least(k: int, n: int, p: float) -> float:
    """How likely k or more of n are, each being so with probability p."""
    return sum(comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k, n + 1))


def _crossing(chance: Callable[[float], float], level: float, *, falls: bool = False) -> float:
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if (chance(middle) < level) != falls:
            low = middle
        else:
            high = middle
    return (low + high) / 2
