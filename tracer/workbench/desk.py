"""Sessions on disk: a gallery of their own in a folder that version control passes by.

So a graph that was just traced has the page, the viewer and the data that it will have when it is
kept, made by the same code; and nothing is lost when a tab is closed.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from tracer.documents.annotation_text import annotations_text
from tracer.documents.annotations import Annotations, Group, Label
from tracer.documents.claims import Claim, Key
from tracer.documents.enclosure import is_there
from tracer.documents.files import write_atomically
from tracer.documents.graph import Graph
from tracer.documents.json_text import decode_or_none
from tracer.documents.records import Plain
from tracer.documents.references import slug_from
from tracer.errors import TracerError
from tracer.site.preview import Preview
from tracer.workbench.asked import Asked, Named, NodeId, Poke

FOLDER = ".tracer/workbench"
MOST_NAME = 40
MOST_OPENED = 24
MOST_BOXES = 9  # as many as a page shows


class Session(Plain):
    """One question, what was tried on it, and what it is to be called."""

    id: str
    asked: Asked
    changed: datetime
    revision: int = 0  # goes up with each change, so that two tabs do not undo each other's
    pokes: tuple[Poke, ...] = ()
    labels: dict[NodeId, str] = Field(default_factory=dict)
    groups: dict[Key, Named] = Field(default_factory=dict)
    claims: tuple[Claim, ...] = ()
    of: str | None = None  # the graph of the gallery that it was opened from
    kept: str | None = None  # the slug that it was kept under


class Desk:
    """All sessions of one gallery, and the pages of their graphs."""

    def __init__(self, gallery: Path):
        self.folder = gallery / FOLDER
        self._preview = Preview(self.folder, self.folder / "site")
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._seen = False
        self._opened: dict[str, bytes] = {}  # files of pages as they were opened
        self._last: tuple[tuple[str, int], Graph] | None = None

    def sessions(self) -> list[Session]:
        """The last one first; a file that cannot be read is passed by."""
        files = (self.folder / "sessions").glob("*.json")
        found = [one for file in files if (one := _load(file)) is not None]
        return sorted(found, key=lambda one: one.changed, reverse=True)

    def session(self, name: str) -> Session:
        """Raises TracerError where there is none."""
        found = _load(self._file(name))
        if found is None:
            hint = "trace the prompt again"
            raise TracerError("this session is not there, or its file is damaged", hint=hint)
        return found

    def graph(self, name: str) -> Graph:
        """Raises TracerError where it is gone or damaged."""
        file = self._graph_file(name)
        key = (name, file.stat().st_mtime_ns if file.is_file() else 0)
        if self._last is None or self._last[0] != key:
            self._last = key, Graph.load(file)
        return self._last[1]

    def begin(
        self,
        asked: Asked,
        graph: Graph,
        *,
        of: str | None = None,
        groups: Mapping[str, Named] | None = None,
    ) -> Session:
        """A session of a graph; one that is there already goes on."""
        info = graph.metadata.tracer
        assert info is not None
        words = (slug_from(graph.metadata.prompt) or "graph")[:MOST_NAME].strip("-")
        name = f"{words}-{info.graph_id[:8]}"
        self.put(name, graph)
        known = _load(self._file(name))
        now = datetime.now(UTC)
        if known is not None:
            all_groups = {**(groups or {}), **known.groups}
            of = of or known.of
            return self.change(name, asked=asked, changed=now, of=of, groups=all_groups)
        session = Session(id=name, asked=asked, changed=now, of=of, groups=dict(groups or {}))
        self.save(session)
        return session

    def change(self, name: str, seen: int | None = None, **what: Any) -> Session:
        """The session with these fields, written down. Raises TracerError where it is gone, or
        another page changed it since the revision that was `seen`."""
        with self._writing:
            session = self.session(name)
            if seen is not None and seen != session.revision:
                raise TracerError(
                    "this session was changed in another tab; here nothing is written down",
                    hint="load this page again to go on from there",
                )
            session = session.model_copy(update={**what, "revision": session.revision + 1})
            self.save(session)
        return session

    def holds(self, name: str) -> bool:
        return self._file(name).is_file()

    def put(self, name: str, graph: Graph) -> None:
        """The graph of a session, as it is now."""
        metadata = graph.metadata.model_copy(update={"slug": name})
        with self._changing():
            graph.model_copy(update={"metadata": metadata}).save(self._graph_file(name))
            self._begin_gallery()

    def save(self, session: Session) -> None:
        write_atomically(self._file(session.id), session.model_dump_json(indent=1))
        groups = names_and_boxes(session, self.graph(session.id)) if session.groups else {}
        named = annotations_of(session, groups)
        file = self.folder / "site_src" / "annotations" / f"{session.id}.yaml"
        with self._changing():
            write_atomically(file, annotations_text(named))

    def delete(self, name: str) -> None:
        with self._changing():
            for file in (
                self._file(name),
                self.folder / "site_src" / "annotations" / f"{name}.yaml",
            ):
                file.unlink(missing_ok=True)
            shutil.rmtree(self._graph_file(name).parent, ignore_errors=True)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """What pages are made of changes only while none is made."""
        with self._lock:
            self._seen = False
            yield

    def ready(self) -> None:
        """What pages of graphs are made with, before somebody waits for one."""
        self._begin_gallery()
        with self._lock:
            self._preview.ready()

    def page(self, path: str) -> bytes | None:
        """A file of the sessions' site: pages of graphs and what their viewers load. Raises
        TracerError where a page cannot be made."""
        first, _, rest = path.partition("/")
        with self._lock:
            if not self._seen:
                self._preview.look()
                self._seen = True
            if first == "assets":
                return self._preview.asset(rest.partition("/")[2])
            return self._file_of_page(path) if first == "graphs" else None

    def _file_of_page(self, path: str) -> bytes | None:
        """What an open page loads late is what belongs to it, though the session went on since."""
        made = self._preview.beside(path)
        if path.endswith("/index.html"):
            self._opened |= {name: one for name, one in made.items() if name.endswith(".json")}
            while len(self._opened) > MOST_OPENED:
                self._opened.pop(next(iter(self._opened)))
        return made.get(path, self._opened.get(path))

    def _begin_gallery(self) -> None:
        file = self.folder / "site_src" / "site.yaml"
        if not is_there(file):
            write_atomically(file, "title: The workbench\nsearch: false\n")

    def _file(self, name: str) -> Path:
        return self.folder / "sessions" / f"{name}.json"

    def _graph_file(self, name: str) -> Path:
        return self.folder / "graphs" / name / "1.json"


def annotations_of(session: Session, groups: dict[str, Named] | None = None) -> Annotations:
    """What a person named; for a page, and for the gallery."""
    named = session.groups if groups is None else groups
    return Annotations(
        labels={node: Label(text=text) for node, text in session.labels.items()},
        groups={key: Group(name=one.name, nodes=one.nodes) for key, one in named.items()},
    )


def names_and_boxes(session: Session, graph: Graph) -> dict[str, Named]:
    """What a person named. Boxes that were found come along, else a page would show the named ones
    alone; not where the graph's own groups are there."""
    if not session.groups or session.of is not None:
        return dict(session.groups)
    return {**session.groups, **_boxes(graph, session.groups)}


def _boxes(graph: Graph, named: Mapping[str, Named]) -> dict[str, Named]:
    info = graph.metadata.tracer
    boxes = info.account.boxes if info is not None and info.account is not None else ()
    taken = {node for one in named.values() for node in one.nodes}
    found: dict[str, Named] = {}
    for box in sorted(boxes, key=lambda one: -abs(one.through))[:MOST_BOXES]:
        if taken.isdisjoint(box.nodes):
            name = " ".join(box.name.split())[:200] or "a box"
            found[_free(slug_from(name) or "box", {*named, *found})] = Named(
                name=name, nodes=tuple(box.nodes)
            )
    return found


def _free(key: str, taken: Collection[str]) -> str:
    key = key[:50].strip("-")
    number, found = 2, key
    while found in taken:
        found, number = f"{key}-{number}", number + 1
    return found


def _load(file: Path) -> Session | None:
    try:
        return Session.model_validate(decode_or_none(file.read_bytes()))
    except (OSError, ValidationError):
        return None
