"""One `tracer verify` from start to end: claims and faithfulness, run and written down."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from rich.console import Console

from tracer.batch.report import Bars, plain_console
from tracer.batch.subject import Subject, Workbench, find_subject
from tracer.batch.trace_job import memory_suffices
from tracer.batch.verified import Checked, Found, State, cells, close, line
from tracer.batch.versions import versions_of
from tracer.documents.annotations import load_annotations
from tracer.documents.enclosure import is_there
from tracer.documents.evidence import (
    ClaimEvidence,
    Evidence,
    Exchange,
    Faithfulness,
    SilencedGroups,
    load_evidence,
)
from tracer.documents.evidence_comparison import (
    claim_agrees,
    curve_agrees,
    exchange_agrees,
    faithfulness_agrees,
    groups_agree,
)
from tracer.documents.graph_folder import GraphFolder
from tracer.documents.lock import held
from tracer.documents.resolved_claims import ResolvedClaim, resolve_claim
from tracer.documents.size_curve import SizeCurve
from tracer.documents.trace_settings import Device
from tracer.documents.yaml_source import KeyPath, YamlSource
from tracer.errors import Place, TracerError
from tracer.interventions.bounds import at_the_bound
from tracer.interventions.claims import check_claim
from tracer.interventions.exchange import can_be_exchanged, measure_graph
from tracer.interventions.faithfulness import can_be_measured, circuit_of, measure_faithfulness
from tracer.interventions.other_model import Other
from tracer.interventions.size_curve import measure_curve_of
from tracer.interventions.steered_pass import SteeredPrompt
from tracer.interventions.trial import silenced_groups
from tracer.model.third_party import third_party


def verify(
    root: Path,
    slugs: Sequence[str] = (),
    *,
    force: bool = False,
    curve: bool = False,
    device: Device = "auto",
    model: str | None = None,
    adapter: Sequence[Path] = (),
    features: str | None = None,
    console: Console | None = None,
) -> int:
    """Run what has no evidence yet; with `force` everything, comparing by tolerance. `curve` asks
    for faithfulness over circuit size too, where there is a counterfactual.

    Evidence is on disk as soon as it is found, so an interrupted run goes on where it stopped.
    Returns the exit status: 0, 1 if something failed or a claim that should hold does not, 130 if
    interrupted. Raises TracerError for slugs that are not there and annotations that are not valid.
    """
    console = console or plain_console(stderr=True)
    folder = GraphFolder(root / "graphs")
    with held(folder.root / ".evidence.lock", "verifies graphs here"):
        folder.sweep()
        counts = {
            slug: _count(root, slug, curve=curve, all_of_them=not slugs)
            for slug in slugs or folder.slugs()
        }
        bench = Workbench(device, model=model, adapter=adapter, features=features)
        done: list[Checked] = []
        interrupted = False
        with Bars(console, total=sum(counts.values()), of="claims") as bars:
            try:
                asked = [slug for slug, count in counts.items() if count]
                for task in _all_tasks(root, asked, curve):
                    done.append(task.run(bench, force, partial(bars.phase, task.subject.slug)))
                    bars.ended(line(done[-1]))
            except KeyboardInterrupt:
                interrupted = True
    return close(console, done, interrupted)


def _count(root: Path, slug: str, *, curve: bool, all_of_them: bool) -> int:
    """How much there is to do of one graph. Raises TracerError for what cannot be done.

    Nothing of the graph is kept: there may be more graphs than memory.
    """
    subject = find_subject(root, slug)
    if all_of_them and subject.graph.metadata.tracer is None:
        return 0  # graphs of other programs cannot be run
    if curve and not all_of_them:
        _refuse_no_curve(subject)
    return sum(1 for _ in _tasks(subject, curve))


def _refuse_no_curve(subject: Subject) -> None:
    if not can_be_exchanged(subject.graph):
        raise TracerError(f"`{subject.slug}` explains no answer, so it has no curve")
    if subject.counterfactual is None:
        listed = subject.prompts
        raise TracerError(
            f"`{subject.slug}` has no counterfactual, so it has no curve",
            hint="give it one on the prompt list: "
            f"`counterfactual: {{{subject.info.key}: …, target: …}}`",
            place=listed.where(subject.slug) if listed and listed.entry(subject.slug) else None,
        )


def _all_tasks(root: Path, slugs: Sequence[str], curve: bool) -> Iterator[_Task]:
    for slug in slugs:
        yield from _tasks(find_subject(root, slug), curve)


Say = Callable[[str, int, int], None]


@dataclass(frozen=True)
class _Task:
    """One claim to run, or what is measured of every graph."""

    subject: Subject
    what: ResolvedClaim | Literal["faithfulness", "exchange", "curve", "groups"]

    @property
    def name(self) -> str:
        return self.what if isinstance(self.what, str) else self.what.claim.id

    def run(self, bench: Workbench, force: bool, say: Say) -> Checked:
        slug = self.subject.slug
        there = self._there()
        if there is not None and not force:
            return self._checked("up to date", there)
        try:
            say("loading the model", 0, 1)
            prompt = bench.open(self.subject)
            say(self.name, 0, 1)
            with third_party(f"`{slug}` cannot be run"), memory_suffices(f"`{slug}`"):
                found = self._measure(prompt, self._other(bench))
        except TracerError as error:
            return self._checked("failed", error=error)
        if there is not None and self._agrees(there, found):
            return self._checked("the same", there)
        self._write(found)
        return self._checked("measured", found)

    def _checked(
        self, state: State, found: Found | None = None, error: TracerError | None = None
    ) -> Checked:
        claim = None if isinstance(self.what, str) else self.what.claim
        fails = isinstance(found, ClaimEvidence) and found.verdict == "fails"
        contradicts = claim is not None and claim.holds and fails
        told = cells(self.name, claim, found, contradicts=contradicts)
        return Checked(self.subject.slug, self.name, state, told, contradicts, error)

    def _other(self, bench: Workbench) -> Other | None:
        """The other model's run, where this needs it."""
        exchanges = self.what == "exchange" or (
            isinstance(self.what, ResolvedClaim) and self.what.claim.exchange is not None
        )
        other = self.subject.other_model if exchanges else None
        return None if other is None else bench.beside(other)

    def _measure(self, prompt: SteeredPrompt, other: Other | None) -> Found:
        if not isinstance(self.what, str):
            return check_claim(prompt, self.what, other)
        graph, groups = self.subject.graph, _groups(self.subject)
        if self.what == "groups":
            return silenced_groups(prompt, graph, self.subject.parts, groups)
        counterfactual, listed = self.subject.counterfactual, self.subject.prompts
        if self.what == "faithfulness" or counterfactual is None or listed is None:
            return measure_faithfulness(prompt, graph, groups)
        where = partial(listed.where, self.subject.slug, "counterfactual")
        if self.what == "curve":
            return measure_curve_of(prompt, graph, counterfactual, where)
        return measure_graph(prompt, graph, groups, counterfactual, where, other)

    def _agrees(self, there: Found, found: Found) -> bool:
        if isinstance(there, Faithfulness) and isinstance(found, Faithfulness):
            return faithfulness_agrees(there, found)
        if isinstance(there, Exchange) and isinstance(found, Exchange):
            return exchange_agrees(there, found)
        if isinstance(there, SizeCurve) and isinstance(found, SizeCurve):
            return curve_agrees(there, found)
        if isinstance(there, SilencedGroups) and isinstance(found, SilencedGroups):
            return groups_agree(there, found)
        if isinstance(self.what, str):
            return False
        if isinstance(there, ClaimEvidence) and isinstance(found, ClaimEvidence):
            edge = at_the_bound(self.what.claim.expect, found)
            return claim_agrees(there, found, at_the_bound=edge)
        return False

    def _evidence(self) -> Evidence | None:
        """What is on disk, if it is about this very graph."""
        file = self.subject.evidence_file
        evidence = load_evidence(file) if is_there(file) else None
        fits = evidence is not None and evidence.graph_id == self.subject.info.graph_id
        return evidence if fits else None

    def _there(self) -> Found | None:
        evidence = self._evidence()
        if evidence is None:
            return None
        if not isinstance(self.what, str):
            return evidence.of(self.what.hash, name=self.what.claim.id)
        if self.what == "groups":
            meant_groups = [tuple(one) for one in _groups(self.subject)]
            silenced = evidence.groups
            same = silenced and [one.nodes for one in silenced.groups] == meant_groups
            return silenced if same else None
        meant = self.subject.counterfactual
        if self.what == "curve":
            curve = evidence.curve
            return curve if curve is not None and meant is not None and curve.is_of(meant) else None
        circuit = circuit_of(self.subject.graph, _groups(self.subject))[1]
        if self.what == "faithfulness":
            found = evidence.faithfulness
            return found if found is not None and list(found.circuit_nodes) == circuit else None
        exchange = evidence.exchange
        if exchange is None or meant is None or not exchange.is_of(meant):
            return None
        other = self.subject.other_model
        if exchange.model is not None and (
            other is None or other.info.graph_id != exchange.model.graph_id
        ):
            return None
        return exchange if list(exchange.circuit_nodes) == circuit else None

    def _write(self, found: Found) -> None:
        evidence = self._evidence() or Evidence(
            graph_id=self.subject.info.graph_id,
            versions=versions_of(self.subject.info.settings.precision),
        )
        evidence = evidence.model_copy(
            update={"versions": versions_of(self.subject.info.settings.precision)}
        )
        meant, curve = self.subject.counterfactual, evidence.curve
        if curve is not None and (meant is None or not curve.is_of(meant)):
            evidence = evidence.model_copy(update={"curve": None})  # of another counterfactual
        if isinstance(found, ClaimEvidence):
            evidence = evidence.with_claim(found)
        else:
            evidence = evidence.model_copy(update={self.name: found})
        order = [one.id for one in self.subject.annotations.claims]
        claims = [one for one in evidence.claims if one.id in order]
        claims.sort(key=lambda one: order.index(one.id))
        evidence.model_copy(update={"claims": tuple(claims)}).save(self.subject.evidence_file)


def _tasks(subject: Subject, curve: bool) -> Iterator[_Task]:
    """Raises TracerError with file:line:col for claims that name what is not there."""
    _ = subject.info  # refuses a graph that cannot be run
    if can_be_measured(subject.graph):
        yield _Task(subject, "faithfulness")
    _ = subject.other_model  # refuses one that does not fit
    if subject.counterfactual is not None and can_be_exchanged(subject.graph):
        yield _Task(subject, "exchange")
        if curve and subject.other_model is None:
            yield _Task(subject, "curve")
    if subject.parts.flows is not None and _groups(subject):
        yield _Task(subject, "groups")
    file = subject.root / "site_src" / "annotations" / f"{subject.slug}.yaml"
    if not is_there(file):
        return
    annotations, source = load_annotations(file)
    for index, claim in enumerate(annotations.claims):
        where, other = partial(_place, source, index), subject.counterfactual
        meant = resolve_claim(claim, subject.graph, annotations, subject.find, where, other)
        yield _Task(subject, meant)


def _place(source: YamlSource, index: int, path: KeyPath) -> Place:
    return source.place(("claims", index, *path))


def _groups(subject: Subject) -> list[list[str]]:
    return list(subject.annotations.group_members(subject.graph.node_ids).values())
