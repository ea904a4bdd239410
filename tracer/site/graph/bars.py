"""Before and after as bars, with what controls did as a band behind them."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup


def bars(before: float, after: float, controls: Sequence[float], *, share: bool) -> Markup:
    """Two bars from zero, before above after; a share's scale goes from nothing to all."""
    values = [before, after, *controls, 0.0]
    low, high = (0.0, 1.0) if share else (min(values), max(values))
    across = (high - low) or 1.0

    def x(value: float) -> float:
        return 100 * (value - low) / across

    def bar(value: float, y: int, kind: str) -> str:
        left, right = sorted((x(0), x(value)))
        width = max(right - left, 0.4)
        return f'<rect class="{kind}" x="{left:.1f}" y="{y}" width="{width:.1f}" height="7"/>'

    return Markup(
        '<svg class="claim-bars" viewBox="0 0 100 20" preserveAspectRatio="none" '
        'aria-hidden="true" focusable="false">'
        f"{_band([x(one) for one in controls])}{bar(before, 2, 'before')}{bar(after, 11, 'after')}"
        "</svg>"
    )


def _band(places: Sequence[float]) -> str:
    if not places:
        return ""
    left, right = min(places), max(places)
    width = max(right - left, 0.6)
    return f'<rect class="band" x="{left:.1f}" y="0" width="{width:.1f}" height="20"/>'
