"""Effects and flows as people say them: signed, in units of the question."""

from __future__ import annotations

import math

_HAIR = 1e-9  # the same sums in another order differ by less, and are to be said alike
_FINEST = 6


def amount(value: float) -> str:
    """Signed, with two decimals; small ones with two digits that count.

    By the same sums as `showAmount` in `assets/viewer/circuit/words.js`.

    >>> amount(2.917), amount(-0.034), amount(0.0)
    ('+2.92', '−0.034', '0')
    """
    size = abs(value) * (1 + _HAIR)
    if size < 10**-_FINEST:
        return "0"
    decimals = 2 if size >= 0.1 else min(_FINEST, 1 - math.floor(math.log10(size)))
    return f"{'−' if value < 0 else '+'}{size:.{decimals}f}"


def signed(value: float, digits: int = 2) -> str:
    """With its sign, a true minus, and so many decimals.

    >>> signed(0.414), signed(-2, 1)
    ('+0.41', '−2.0')
    """
    return f"{value:+.{digits}f}".replace("-", "−")
