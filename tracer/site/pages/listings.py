"""Pages that list others: one for each tag and model, and one over each kind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from tracer.site.content.tags import address_of
from tracer.site.graph.summary import Summary

Kind = Literal["tags", "models"]
KINDS: tuple[Kind, ...] = ("tags", "models")


@dataclass(frozen=True)
class Listing:
    """The pages that share a tag or a model."""

    kind: Kind
    name: str
    pages: tuple[Summary, ...]

    @property
    def count(self) -> str:
        """How many there are, in words."""
        noun = "graph" if all(one.is_graph for one in self.pages) else "page"
        return f"{len(self.pages)} {noun}{'' if len(self.pages) == 1 else 's'}"

    @property
    def folder(self) -> str:
        return listing_folder(self.kind, self.name)


def listings(kind: Kind, pages: Iterable[Summary]) -> list[Listing]:
    """All of a kind, by name; each lists its pages in the gallery's order."""
    found: dict[str, list[Summary]] = defaultdict(list)
    for page in pages:
        for name in page.tags if kind == "tags" else filter(None, [page.model]):
            found[name].append(page)
    names = sorted(found, key=lambda name: (name.casefold(), name))
    return [Listing(kind, name, tuple(found[name])) for name in names]


def listing_folder(kind: Kind, name: str) -> str:
    """The address of a tag's or a model's page, below the site's root."""
    return f"{kind}/{address_of(name)}/"


def by_behaviour(cards: Sequence[Summary]) -> list[tuple[str, list[Summary]]]:
    """Cards by their first tag, in the order of the first of each; those that are alone with it
    come last, together. One nameless group where there is nothing to tell apart."""
    groups: dict[str, list[Summary]] = {}
    for card in cards:
        groups.setdefault(card.tags[0] if card.tags else "", []).append(card)
    named = [(tag, found) for tag, found in groups.items() if tag and len(found) > 1]
    grouped = {card.folder for _, found in named for card in found}
    others = [card for card in cards if card.folder not in grouped]
    if not named or (len(named) == 1 and not others):
        return [("", list(cards))]
    return [*named, *([("others", others)] if others else ())]
