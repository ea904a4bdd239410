"""The workbench from a notebook: a server in this process, and a link to it."""

from __future__ import annotations

import html
import tempfile
import threading
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import uvicorn

from tracer.documents.graph import Graph
from tracer.errors import TracerError
from tracer.model.load import Model
from tracer.serve import address, listen, make_app
from tracer.workbench.app import HOME, Gate, Later, routes
from tracer.workbench.opened import asked_of


@dataclass(frozen=True)
class Live:
    """A graph in the workbench. What is kept goes into `gallery`."""

    gallery: Path
    session: str
    served: Served = field(repr=False)

    @property
    def address(self) -> str:
        """For one browser; after that, the next one's."""
        return f"{self.served.home}?session={self.session}#{self.served.gate.token}"

    def __repr__(self) -> str:
        return f"<Workbench at {self.address}>"

    def _repr_html_(self) -> str:
        link = html.escape(self.address, quote=True)
        where = html.escape(str(self.gallery))
        return (
            f'<p><a href="{link}" target="_blank" rel="noopener">Open it in the workbench</a>, '
            f"on the machine where this notebook runs. What you keep goes into {where}.</p>"
        )


@dataclass(frozen=True)
class Served:
    """One gallery's server, until this process ends."""

    home: str
    gate: Gate
    bench: Later


def live(what: Any) -> Live:
    """A graph or a trace in the workbench of the gallery that this is run in, or of a new one.

    Raises TracerError for what is neither, and for graphs of other programs.
    """
    graph, model = _parts(what)
    info = graph.metadata.tracer
    if info is None:
        raise TracerError("this graph was not made by tracer", hint="trace its prompt here")
    served = _served(_gallery())
    bench = served.bench.now()
    asked = asked_of(graph, info, None)
    bench.know(asked, model)
    session = bench.desk.begin(asked, graph)
    return Live(bench.gallery, session.id, served)


def _parts(what: Any) -> tuple[Graph, Model | None]:
    """The graph, and the model where that is in memory."""
    if isinstance(what, Graph):
        return what, None
    if hasattr(what, "publish") and hasattr(what, "frozen"):
        published = what.publish()
        return published.graph.beside(published.parts), what.frozen.model
    raise TracerError(f"{type(what).__name__} has no graph")


@lru_cache(maxsize=1)
def _gallery() -> Path:
    here = Path.cwd()
    return here if (here / "site_src").is_dir() else Path(tempfile.mkdtemp(prefix="tracer-"))


@lru_cache(maxsize=8)
def _served(gallery: Path) -> Served:
    listener = listen(None)
    home = address(listener)
    gate = Gate()
    bench = Later(gallery)
    app = make_app(
        gallery / "public", gallery=gallery, tell=lambda _: None, more=routes(gallery, gate, bench)
    )
    config = uvicorn.Config(app, log_level="critical", lifespan="on", server_header=False)
    serve = uvicorn.Server(config)
    thread = threading.Thread(
        target=serve.run, kwargs={"sockets": [listener]}, name="workbench server", daemon=True
    )
    thread.start()
    return Served(f"{home.rstrip('/')}{HOME}/", gate, bench)
