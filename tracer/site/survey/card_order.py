"""The order of cards on the front page, and of graphs wherever they are listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what reads graphs is imported where there are graphs
    from tracer.site.content.entry import Entry


def card_order(entry: Entry) -> tuple[bool, float, str]:
    """A key to sort by: featured first, then by the `order` that authors gave, then by slug."""
    order = float("inf") if entry.meta.order is None else entry.meta.order
    return (not entry.meta.featured, order, entry.slug)
