"""What the page that compares any two graphs can choose from: all of them as options of the page,
or, where they are many, an index in files of a few hundred, fetched as somebody asks."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from tracer.site.graph.summary import Summary

IN_THE_PAGE = 200
IN_A_FILE = 200


@dataclass(frozen=True)
class Choice:
    """A revision of a graph; `data` and `folder` are below the site's root."""

    name: str
    title: str
    data: str
    folder: str


@dataclass(frozen=True)
class Choices:
    """`inside` the page in the gallery's order, or by name in `files`."""

    inside: tuple[Choice, ...]
    files: tuple[tuple[Choice, ...], ...] = ()

    @staticmethod
    def of(graphs: Sequence[Summary]) -> Choices:
        every = tuple(
            Choice(
                one.name,
                page.title if at == 0 else f"{page.title} (revision {one.revision})",
                one.data,
                one.folder,
            )
            for page in graphs
            for at, one in enumerate(page.versions)
        )
        if len(every) <= IN_THE_PAGE:
            return Choices(every)
        by_name = sorted(every, key=lambda one: one.name)
        starts = range(0, len(every), IN_A_FILE)
        return Choices((), tuple(tuple(by_name[at : at + IN_A_FILE]) for at in starts))

    @property
    def count(self) -> int:
        return len(self.inside) + sum(map(len, self.files))

    @property
    def firsts(self) -> list[str]:
        """The first name of each file, by which a reader finds the one that holds a name."""
        return [some[0].name for some in self.files]

    def file_of(self, name: str) -> int:
        """The number of the file that holds a name, if any does."""
        return max(0, bisect_right(self.firsts, name) - 1)

    def written(self, number: int) -> bytes:
        """A file of the index: a list of name, title, data and folder."""
        lines = [[one.name, one.title, one.data, one.folder] for one in self.files[number]]
        return json.dumps(lines, ensure_ascii=False, separators=(",", ":")).encode()


def index_path(number: int) -> str:
    """Below the site's root."""
    return f"compare/graphs/{number}.json"
