"""A list's page as programs read it: what its cards say, and where the next page of the list is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tracer.site.graph.summary import Summary
from tracer.site.pages.paged import Paged

FILE = "index.json"


def listed_json(name: str, cards: Paged, sets: Sequence[Summary] = ()) -> bytes:
    """Addresses are below the site's root."""
    following = f"{cards.address(cards.page + 1)}{FILE}" if cards.page < cards.pages else None
    told = {
        "name": name,
        "page": cards.page,
        "pages": cards.pages,
        "total": cards.total,
        "next": following,
        "sets": [_card(one) for one in sets],
        "cards": [_card(one) for one in cards.cards],
    }
    return json.dumps(told, ensure_ascii=False, indent=1).encode()


def _card(page: Summary) -> dict[str, Any]:
    newest = page.versions[0] if page.versions else None
    return {
        "title": page.title,
        "page": page.folder,
        "summary": page.meta.summary,
        "prompt": page.prompt,
        "answer": None if page.answer is None else page.answer.text,
        "probability": None if page.answer is None else page.answer.probability,
        "model": page.model,
        "tags": list(page.tags),
        "claims": list(page.badges),
        "revision": None if newest is None else newest.revision,
        "json": None if newest is None else f"{page.folder}{newest.revision}.json",
    }
