"""What is wrong with a graph's files, and with what annotations say of the graph."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tracer.errors import TracerError
from tracer.site.content.dangling import dangling_annotations
from tracer.site.content.entry import Entry


def entry_faults(entry: Entry) -> list[TracerError]:
    """What is wrong with an entry's graphs, and with what annotations say of the newest."""
    problems = file_faults(entry)
    annotations, source = entry.said, entry.annotation_source
    if source is None:
        return problems
    if annotations.revision is not None and annotations.revision not in entry.revisions:
        hint = f"there is {', '.join(map(str, entry.revisions))}"
        what = f"the graph has no revision {annotations.revision}"
        problems.append(TracerError(what, hint=hint, place=source.place(("revision",))))
    if not problems:
        said = annotations, source, entry.graph, entry.revision, entry.earlier
        problems += dangling_annotations(*said)
        problems += _of_claims(entry)
    return problems


def file_faults(entry: Entry) -> list[TracerError]:
    """What is wrong with an entry's graphs and evidence themselves."""
    problems: list[TracerError] = []
    loads: list[Callable[[], object]] = [partial(getattr, entry.stored, "graph")]
    loads += [partial(getattr, one, "graph") for one in entry.older.values()]
    loads += [partial(getattr, one, "evidence") for one in entry.evidence.values()]
    for load in loads:
        try:
            load()
        except TracerError as error:
            problems += error.problems
    return problems


def _of_claims(entry: Entry) -> list[TracerError]:
    """Claims that name what is not there, and evidence that cannot be read."""
    problems: list[TracerError] = []
    for number in range(len(entry.said.claims)):
        try:
            entry.resolve(number, entry.graph)
        except TracerError as error:
            problems += error.problems
    return problems
