"""Links that select nodes: the viewer's addresses, which also work before any script runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote

from markupsafe import Markup

_SELECTING = re.compile(r' href="(\?[^"]*)" data-nodes="[^"]*"')


def node_link(node_ids: Sequence[str]) -> dict[str, str]:
    """The `href` that selects these nodes in the viewer, and their ids in `data-nodes`."""
    wanted = quote(",".join(node_ids), safe="")
    parameter = "clickedId" if len(node_ids) == 1 else "pinnedIds"
    return {"href": f"?{parameter}={wanted}#viewer", "data-nodes": " ".join(node_ids)}


def from_elsewhere(picture: Markup, page: str) -> Markup:
    """A picture whose links select nodes on the page it stands on, for any other page."""
    address = Markup(' href="{}').format(page)
    return Markup(_SELECTING.sub(lambda match: f'{address}{match[1]}"', picture))
