"""Lists that may be of any length, so many cards a page: each page is small and complete."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tracer.site.graph.summary import Summary

ON_A_PAGE = 100
_BESIDE = 2  # pages on either side that are linked, beside the first and the last


@dataclass(frozen=True)
class Paged:
    """One page of a list below `folder`; pages count from 1."""

    folder: str
    cards: tuple[Summary, ...]
    page: int
    pages: int
    total: int

    @property
    def first(self) -> int:
        return (self.page - 1) * ON_A_PAGE + 1

    @property
    def last(self) -> int:
        return self.first + len(self.cards) - 1

    def address(self, page: int) -> str:
        """A page's folder, below the site's root.

        >>> Paged("tags/x/", (), 1, 3, 250).address(2), Paged("", (), 2, 3, 250).address(1)
        ('tags/x/page/2/', '')
        """
        return self.folder if page == 1 else f"{self.folder}page/{page}/"

    @property
    def near(self) -> list[int | None]:
        """The pages to link, None for those between.

        >>> Paged("", (), 6, 20, 2000).near
        [1, None, 4, 5, 6, 7, 8, None, 20]
        """
        wanted = {1, self.pages, *range(self.page - _BESIDE, self.page + _BESIDE + 1)}
        found: list[int | None] = []
        for number in sorted(one for one in wanted if 1 <= one <= self.pages):
            if found and found[-1] != number - 1:
                found.append(None)
            found.append(number)
        return found


def paged(folder: str, cards: Sequence[Summary]) -> list[Paged]:
    """The pages of a list, at least one."""
    pages = max(1, -(-len(cards) // ON_A_PAGE))
    return [
        Paged(
            folder, tuple(cards[at * ON_A_PAGE : (at + 1) * ON_A_PAGE]), at + 1, pages, len(cards)
        )
        for at in range(pages)
    ]
