"""Links that select nodes: the viewer's addresses, which also work before any script runs."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote


def node_link(node_ids: Sequence[str]) -> dict[str, str]:
    """The `href` that selects these nodes in the viewer, and their ids in `data-nodes`."""
    wanted = quote(",".join(node_ids), safe="")
    parameter = "clickedId" if len(node_ids) == 1 else "pinnedIds"
    return {"href": f"?{parameter}={wanted}#viewer", "data-nodes": " ".join(node_ids)}
