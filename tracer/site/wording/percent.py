"""Shares and probabilities as people say them.

Babel would bring 11 MB of other languages' conventions, and call 0.9996 100 %.
"""

from __future__ import annotations

import math

_HAIR = 1e-9  # the same sums in another order differ by less, and are to be said alike


def percent(share: float, *, tenths: bool = False) -> str:
    """A share as people say it; small and near-whole ones keep what tells them apart.

    Halves go up, by the same sums as `showPercent` in `assets/viewer/graph/text.js`. `tenths` are
    for columns whose small differences matter.

    >>> percent(0.814), percent(0.004), percent(0.9996), percent(1)
    ('81\\xa0%', '0.4\\xa0%', '>99.9\\xa0%', '100\\xa0%')
    """
    return f"{_figure(share, tenths)}\N{NO-BREAK SPACE}%"


def _figure(share: float, tenths: bool) -> str:
    if not share > 0:
        return "0"
    rounded = math.floor(1000 * share + 0.5 + _HAIR)
    if rounded < 1:
        return "<0.1"
    if rounded >= 1000 and share < 1 - _HAIR:
        return ">99.9"
    if tenths or rounded < 10 or 995 <= rounded < 1000:
        return f"{rounded // 10}.{rounded % 10}"
    return str(math.floor(100 * share + 0.5 + _HAIR))
