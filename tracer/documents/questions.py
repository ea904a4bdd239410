"""Questions to the files of a gallery, answered without a model: read-only, no torch.

>>> from tracer.documents.questions import ask
>>> asked = ask(".").graph("moscow-russian")                               # doctest: +SKIP
>>> asked.strongest(3), asked.feeds("22_580_14"), asked.paths("0_97_5", "22_580_14")
...                                                                        # doctest: +SKIP
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tracer.documents.flow_changes import FlowChange, flows_between_graphs, flows_between_sets
from tracer.documents.graph_changes import GraphChanges, changes_between, changes_between_sets
from tracer.documents.graph_folder import GraphFolder
from tracer.documents.graph_questions import GraphQuestions
from tracer.documents.set_account import Row, SetAccount
from tracer.documents.set_evidence import SetEvidence, evidence_of
from tracer.documents.set_folder import SetFolder
from tracer.errors import TracerError, did_you_mean


@dataclass(frozen=True)
class Standing:
    """Where a feature stands."""

    graph: str
    node: str
    effect: float | None


def ask(root: Path | str) -> Questions:
    """The gallery in this folder."""
    return Questions(Path(root))


@dataclass(frozen=True)
class Questions:
    """What can be asked of all graphs and sets together. Each raises TracerError for a broken
    file, and for names that are not there."""

    root: Path

    def graphs(self) -> list[str]:
        """The slugs of all graphs."""
        return self._folder.slugs()

    def sets(self) -> list[str]:
        return self._sets.slugs()

    def graph(self, slug: str, revision: int | None = None) -> GraphQuestions:
        """One graph, in its newest revision if none is named."""
        known = self._folder.revisions(slug) if slug in self.graphs() else []
        if not known or (revision is not None and revision not in known):
            hint = did_you_mean(slug, self.graphs()) or f"known: {', '.join(self.graphs())}"
            raise TracerError(f"there is no graph `{slug}`", hint=hint)
        return GraphQuestions(self.root, slug, revision or known[-1])

    def set_account(self, slug: str) -> SetAccount:
        """The newest account of a set."""
        revision = self._set_revision(slug)
        return self._sets.load(slug, revision)

    def set_evidence(self, slug: str) -> SetEvidence | None:
        """What was measured over a set's rows, if it was of this account."""
        file = self._sets.path(slug, self._set_revision(slug))
        return evidence_of(file, self.set_account(slug).id)

    def rows_that_fail(self, slug: str) -> tuple[Row, ...]:
        """The rows of a set that the model does not answer."""
        return self.set_account(slug).apart

    def odd_rows(self, slug: str) -> list[Row]:
        """The rows of a set that work otherwise than all others."""
        return [row for row in self.set_account(slug).counted if row.odd]

    def standings(self, feature: str) -> list[Standing]:
        """Where a feature, `22_580` or `22/580`, stands: every graph and node, strongest first."""
        start = feature.replace("/", "_") + "_"
        found = [
            Standing(slug, node.node_id, node.effect)
            for slug in self.graphs()
            for node in self.graph(slug).document.nodes
            if node.kind == "feature" and node.node_id.startswith(start)
        ]
        return sorted(found, key=lambda one: -abs(one.effect or 0.0))

    def graphs_of_model(self, name: str) -> list[str]:
        """The graphs that were made from a model of this name."""
        found = []
        for slug in self.graphs():
            info = self.graph(slug).document.metadata.tracer
            if info is not None and info.model.name == name:
                found.append(slug)
        return found

    def claims_that_fail(self) -> list[tuple[str, str]]:
        """Graph and claim, of all that were run and did not hold."""
        return [
            (slug, one.id)
            for slug in self.graphs()
            for one in self.graph(slug).tried()
            if one.verdict == "fails"
        ]

    def changed(self, left: str, right: str) -> GraphChanges:
        """What the second graph, or set, gains, loses, and has with another sign or size."""
        if self._two_sets(left, right):
            return changes_between_sets(self.set_account(left), self.set_account(right))
        return changes_between(self.graph(left).document, self.graph(right).document)

    def flows_changed(self, left: str, right: str) -> tuple[FlowChange, ...]:
        """How flows between words, boxes and the answer differ: a circuit of differences."""
        if self._two_sets(left, right):
            return flows_between_sets(self.set_account(left), self.set_account(right))
        sides = self.graph(left), self.graph(right)
        return flows_between_graphs(
            (sides[0].document, sides[1].document), (sides[0].flows, sides[1].flows)
        )

    def _two_sets(self, left: str, right: str) -> bool:
        known = [one in self.sets() for one in (left, right)]
        if any(known) and not all(known):
            named = [one for one, is_set in zip((left, right), known, strict=True) if is_set]
            what = f"`{named[0]}` is a set, and the other is none"
            raise TracerError(what, hint="compare two graphs, or two sets")
        return all(known)

    def _set_revision(self, slug: str) -> int:
        latest = self._sets.latest(slug) if slug in self.sets() else None
        if latest is None:
            hint = did_you_mean(slug, self.sets()) or f"known: {', '.join(self.sets()) or 'none'}"
            raise TracerError(f"there is no set `{slug}`", hint=hint)
        return latest

    @cached_property
    def _folder(self) -> GraphFolder:
        return GraphFolder(self.root / "graphs")

    @cached_property
    def _sets(self) -> SetFolder:
        return SetFolder(self.root / "sets")
