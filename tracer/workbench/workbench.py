"""All that the page can do, one function each; what takes long is done in the bench's own lane."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tracer.documents.enclosure import is_there
from tracer.documents.graph import Graph
from tracer.documents.head_names import Head
from tracer.documents.prompts import Counterfactual, PromptList, load_planned
from tracer.documents.resolved_claims import annotations_in
from tracer.documents.trace_settings import TraceSettings
from tracer.errors import TracerError
from tracer.model.load import Model
from tracer.workbench.afterwards import left_to_do
from tracer.workbench.asked import (
    Asked,
    Keeping,
    Limits,
    Nothing,
    OfGraph,
    OfSession,
    Poking,
    Work,
)
from tracer.workbench.bench import Bench
from tracer.workbench.claiming import propose
from tracer.workbench.controlled import Controlled
from tracer.workbench.desk import Desk, Session
from tracer.workbench.judging import refuse_failing
from tracer.workbench.keeping import keep
from tracer.workbench.lane import Cancel, Lane, Superseded
from tracer.workbench.opened import Opened
from tracer.workbench.poking import Poking as Pokes

DRAWS = 20
PAINTED = 2.0
LOOK = 0.005  # seconds between looks at whether something waits


class Workbench:
    """One gallery's. `tell` is called, from any thread, with what open pages should hear."""

    def __init__(
        self, gallery: Path, tell: Callable[..., None], *, painted: float = PAINTED
    ) -> None:
        """`painted` seconds behind a trace its page is painted, and the rest can follow."""
        self.gallery, self.desk, self._painted = gallery, Desk(gallery), painted
        self._tell, self._lane = tell, Lane()
        prompts = self._prompts()
        entries = prompts.graphs if prompts else ()
        self._bench = Bench(
            models=[one.model for one in entries],
            features=[one.features for one in entries],
            say=lambda text: tell("say", text=text),
        )
        self._followed: set[asyncio.Task[None]] = set()
        self._poked: Pokes | None = None
        self._painting = 0.0  # until then

    def know(self, asked: Asked, model: Model | None) -> None:
        """What a notebook asks for is on the list; its model is the one that it has in memory."""
        self._bench.know(asked, model)

    def state(self) -> dict[str, Any]:
        """What a page begins with."""
        sessions = [
            {"id": one.id, "prompt": one.asked.prompt, "kept": one.kept}
            for one in self.desk.sessions()
        ]
        fetched = [one for one in self._bench.known() if not self._bench.is_here(one)]
        return {
            "models": self._bench.known(),
            "fetched": fetched,
            "features": self._bench.sets,
            "settings": _defaults(),
            "sessions": sessions,
        }

    def cancel(self) -> None:
        """Whatever takes long."""
        for kind in ("trace", "more", "say"):
            self._lane.cancel(kind)

    async def ready(self, _: Nothing) -> dict[str, Any]:
        """Loads the default model, if it is here, and what pages are made with."""

        def run(_: Cancel) -> None:
            if not self._bench.has_any:
                self._bench.model(Asked())
            self.desk.ready()

        if self._bench.is_here(Asked().model):
            with contextlib.suppress(TracerError):  # told to whoever asks for it
                await self._lane.do("after", run)
        return {}

    async def read(self, asked: Asked) -> dict[str, Any]:
        found: dict[str, Any] = await self._lane.do(
            "read", lambda _: self._bench.read(asked), beside=lambda: self._bench.has(asked)
        )
        return found

    async def trace(self, asked: Asked) -> Session:
        """The session of what was traced. What silencing finds is told when it is known."""

        def run(cancel: Cancel) -> Session:
            def progress(phase: str, done: int, total: int) -> None:
                cancel.check()
                self._tell("progress", phase=phase, done=done, total=total)

            graph = self._bench.trace(asked, progress)
            self._painting = time.monotonic() + self._painted
            return self.desk.begin(asked, graph)

        session: Session = await self._lane.do("trace", run)
        self._follow(self._after(session))
        return session

    async def open(self, of: OfGraph) -> Session:
        """A session of a graph of the gallery, its newest revision."""

        def run() -> Session:
            found = Opened.of(self.gallery, of.slug, self._prompts())
            return self.desk.begin(found.asked, found.graph, of=of.slug, groups=found.groups)

        return await asyncio.to_thread(run)

    async def resume(self, of: OfSession) -> Session:
        """What was not yet tried of it when it was closed is tried now."""
        session = await asyncio.to_thread(self.desk.session, of.session)
        if of.run:
            self._follow(self._after(session))
        return session

    async def looks(self, of: OfSession) -> list[dict[str, int]]:
        """Where the heads that the graph's page tells of look."""
        heads = (await asyncio.to_thread(self.desk.graph, of.session)).parts.heads
        return [
            {"layer": head.layer, "head": head.head, "query": one.to, "key": key}
            for one in (heads.looks if heads else ())
            for head in [Head.parse(one.head)]
            for key in one.keys
        ]

    async def delete(self, of: OfSession) -> dict[str, Any]:
        await asyncio.to_thread(self.desk.delete, of.session)
        return self.state()

    async def work(self, work: Work) -> Session:
        """What a person did so far, into the session's file."""

        done = {one: getattr(work, one) for one in ("pokes", "labels", "groups", "claims")}
        return await asyncio.to_thread(
            lambda: self.desk.change(work.session, seen=work.seen, **done)
        )

    async def poke(self, asked: Poking) -> dict[str, Any]:
        def run(_: Cancel) -> dict[str, Any]:
            pokes = self._pokes(asked)
            return pokes.result(pokes.done(asked.pokes))

        found: dict[str, Any] = await self._lane.do("poke", run, beside=self._beside(asked))
        return found

    async def say(self, asked: Poking) -> dict[str, Any]:
        """How the model goes on, before and after."""

        def run(cancel: Cancel) -> dict[str, Any]:
            pokes = self._pokes(asked)

            def tell(side: str, text: str) -> None:
                self._tell("said", session=asked.session, side=side, text=text)

            return pokes.said(pokes.done(asked.pokes), asked.tokens or 12, cancel, tell)

        found: dict[str, Any] = await self._lane.do("say", run, beside=self._beside(asked))
        return found

    async def control(self, asked: Poking) -> dict[str, Any]:
        """Matched controls, one or twenty."""

        def run(cancel: Cancel) -> dict[str, Any]:
            return self._controls(self._pokes(asked), asked, asked.draws or 1, cancel)

        found: dict[str, Any] = await self._lane.do("more", run)
        return found

    async def claim(self, asked: Poking) -> Session:
        """What was just tried, as one more claim of the session."""

        def run(cancel: Cancel) -> Session:
            session, pokes = self.desk.session(asked.session), self._pokes(asked)
            info = pokes.graph.metadata.tracer
            assert info is not None
            if info.question.target_id is None:
                raise TracerError("a claim is about an answer", hint="ask why a word is said")
            found = self._controls(pokes, asked, DRAWS, cancel)
            claim = propose(
                asked.pokes,
                info.question,
                session.groups,
                chances=[found["chance_before"], found["chance"], *found["chances"]],
                leads=found["leads"],
                last=pokes.prompt.n_positions - 1,
                taken=self._taken(session),
            )
            refuse_failing(claim, session, pokes, self._counterfactual(session.asked), cancel)
            claims = self.desk.session(asked.session).claims  # as they are by now
            return self.desk.change(asked.session, claims=(*claims, claim))

        session: Session = await self._lane.do("more", run)
        return session

    async def keep(self, asked: Keeping) -> dict[str, Any]:
        """The session's graph and all that was said of it, in the gallery."""

        def run(cancel: Cancel) -> dict[str, Any]:
            session = self.desk.session(asked.session)
            graph = self._complete(session, cancel)
            other = self._counterfactual(session.asked)
            answer = None if other is None else str(other.target)
            files = keep(self.gallery, session, graph, asked.slug, by=asked.by, answer=answer)
            session = self.desk.change(asked.session, kept=asked.slug)
            shown = [one.relative_to(self.gallery).as_posix() for one in files]
            return {"files": shown, "slug": asked.slug, "revision": session.revision}

        found: dict[str, Any] = await self._lane.do("keep", run)
        return found

    async def _after(self, session: Session) -> None:
        """Silence boxes and the strongest nodes, share flows out among heads, and tell pages each
        time that the graph says more."""
        await asyncio.sleep(self._painted)

        def run(cancel: Cancel) -> None:
            give_way, waits = cancel.give_way, cancel.outdone
            cancel.give_way = lambda: self._let_paint(give_way)
            cancel.outdone = lambda: waits() or self._paints
            cancel.check()
            self._complete(session, cancel)

        with contextlib.suppress(Superseded):
            try:
                await self._lane.do("after", run, beside=lambda: self._bench.has(session.asked))
            except TracerError as error:
                self._tell("error", text=str(error))

    @property
    def _paints(self) -> bool:
        """Whether a page of what was traced a moment ago is being painted."""
        return time.monotonic() < self._painting

    def _let_paint(self, give_way: Callable[[], None]) -> None:
        give_way()
        while self._paints:
            time.sleep(LOOK)
            give_way()

    def _complete(self, session: Session, cancel: Cancel) -> Graph:
        """The session's graph with all that follows a trace, in the lane's thread."""
        graph = self.desk.graph(session.id)
        for step in left_to_do(graph):
            graph = self._bench.afterwards(step, session.asked, graph, cancel)
            if not self.desk.holds(session.id):  # it was deleted meanwhile
                raise Superseded
            self.desk.put(session.id, graph)
            self._tell("tried", session=session.id)
        return graph

    def _controls(self, pokes: Pokes, asked: Poking, draws: int, cancel: Cancel) -> dict[str, Any]:
        def tell(done: int, total: int) -> None:
            self._tell("controls", done=done, total=total)

        return Controlled(pokes).drawn(pokes.done(asked.pokes), draws, cancel, tell)

    def _beside(self, asked: Poking) -> Callable[[], bool]:
        def beside() -> bool:
            try:
                return self._bench.has(self.desk.session(asked.session).asked)
            except TracerError:  # told to whoever asked, once it is their turn
                return True

        return beside

    def _taken(self, session: Session) -> list[str]:
        """Names of claims, here and in the gallery."""
        slug = session.kept or session.of
        there = annotations_in(self.gallery, slug).claims if slug else ()
        return [one.id for one in (*session.claims, *there)]

    def _counterfactual(self, asked: Asked) -> Counterfactual | None:
        """The counterfactual prompt or chat and its answer, in the lane's thread."""
        if not asked.counterfactual.strip():
            return None
        found = self._bench.read(asked)["other"]
        if found["told"]:
            raise TracerError(f"the counterfactual does not fit: {found['told']}")
        answer: str = found["answer"]["text"]
        if other := asked.other_chat:
            return Counterfactual(chat=other, target=answer)
        return Counterfactual(prompt=asked.counterfactual, target=answer)

    def _follow(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._followed.add(task)
        task.add_done_callback(self._followed.discard)

    def _pokes(self, asked: Poking) -> Pokes:
        """In the lane's thread."""
        session = self.desk.session(asked.session)
        graph = self.desk.graph(asked.session)
        prompt = self._bench.prompt(session.asked, graph)
        exchanged = any(one.on and one.kind == "exchange" for one in asked.pokes)
        there = self._bench.other_prompt(session.asked, graph) if exchanged else None
        if self._poked is None or not self._poked.is_of(prompt, graph, there):
            self._poked = Pokes(prompt, graph, there)
        return self._poked

    def _prompts(self) -> PromptList | None:
        file = self.gallery / "site_src" / "prompts.yaml"
        try:
            return load_planned(file) if is_there(file) else None
        except TracerError:  # the preview tells what is wrong with it
            return None


def _defaults() -> dict[str, Any]:
    """Of the settings that the page offers."""
    settings = TraceSettings()
    return {name: getattr(settings, name) for name in Limits.model_fields}
