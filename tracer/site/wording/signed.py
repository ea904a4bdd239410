"""Numbers that say which way."""

from __future__ import annotations


def signed(value: float, digits: int = 2) -> str:
    """With its sign, a true minus, and so many decimals.

    >>> signed(0.414), signed(-2, 1)
    ('+0.41', '−2.0')
    """
    return f"{value:+.{digits}f}".replace("-", "−")
