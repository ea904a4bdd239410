"""What of a graph was tried in the real model, as far as its files tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from tracer.documents.evidence import ClaimEvidence, Evidence
from tracer.documents.references import Reference
from tracer.documents.resolved_claims import ResolvedClaim
from tracer.errors import TracerError
from tracer.site.content.entry import Entry

# Parts of a graph's page that tell what was measured.
SECTIONS = frozenset({"#claims", "#holds", "#faithfulness", "#exchange", "#size-curve", "#heads"})


@dataclass(frozen=True)
class TriedClaim:
    """A claim and what became of it."""

    number: int
    resolved: ResolvedClaim
    found: ClaimEvidence

    @property
    def stays_first(self) -> bool:
        """Whether the answer is the likeliest next token before and after."""
        before, after = self.found.before, self.found.after
        return bool(before and after) and before[0].token == after[0].token

    @property
    def rises(self) -> bool:
        """Whether what the claim is about gets likelier."""
        sides = (one.sides for one in self.found.measures if one.quantity == "probability")
        before, after = next(sides, (0.0, 0.0))
        return after > before


@dataclass(frozen=True)
class Tried:
    """Of a graph's newest revision."""

    entry: Entry

    @cached_property
    def claims(self) -> dict[str, TriedClaim]:
        """Those with evidence, by id."""
        evidence, found = self._evidence, {}
        for number, claim in enumerate(self.entry.said.claims):
            try:
                resolved = self.entry.resolve(number, self.entry.graph)
            except TracerError:  # told among what is wrong with the annotations
                continue
            if evidence and (became := evidence.of(resolved.hash)):
                found[claim.id] = TriedClaim(number, resolved, became)
        return found

    def linked(self, addresses: Iterable[str]) -> list[TriedClaim]:
        """The claims that links of a text lead to, or that set just the nodes they select."""
        sets = [*self._meant(addresses)]
        ids = {one.removeprefix("claim:") for one in addresses if one.startswith("claim:")}
        ids |= {one.removeprefix("#claim-") for one in addresses if one.startswith("#claim-")}
        return [
            one
            for name, one in self.claims.items()
            if name in ids or (one.resolved.touched and frozenset(one.resolved.touched) in sets)
        ]

    def leads_to_a_test(self, addresses: Iterable[str]) -> bool:
        """Whether a link leads to what was measured, or selects just what was tried."""
        addresses = [*addresses]
        if any(one in SECTIONS for one in addresses) or self.linked(addresses):
            return True
        heads = {one for claim in self.claims.values() for one in _heads(claim)}
        if any(one.removeprefix("head:") in heads for one in addresses):
            return True
        return any(one in self._sets for one in self._meant(addresses))

    def _meant(self, addresses: Iterable[str]) -> Iterator[frozenset[str]]:
        """The nodes of each link, and of all together."""
        together: set[str] = set()
        for one in addresses:
            if one.startswith(("node:", "group:")):
                nodes = self.resolve(one.removeprefix("node:"))
                together |= nodes
                yield nodes
        yield frozenset(together)

    def resolve(self, reference: str) -> frozenset[str]:
        """The nodes that a reference means."""
        groups = {key: group.nodes for key, group in self.entry.said.groups.items()}
        return frozenset(Reference(reference).resolve(self.entry.graph.node_ids, groups))

    @cached_property
    def _sets(self) -> frozenset[frozenset[str]]:
        """What was set together apart from claims."""
        info, evidence = self.entry.graph.metadata.tracer, self._evidence
        found = []
        if info and info.account and info.account.trial:
            found += [[one.node] for one in info.account.trial.nodes]
        if evidence and evidence.faithfulness:
            found += [[one.node] for one in evidence.faithfulness.nodes]
        if evidence and evidence.groups:
            found += [list(one.nodes) for one in evidence.groups.groups]
        return frozenset(map(frozenset, found))

    @cached_property
    def _evidence(self) -> Evidence | None:
        if "evidence" in self.entry.unread:
            return None
        return self.entry.evidence_of(self.entry.revision)


def _heads(claim: TriedClaim) -> Iterator[str]:
    for one in claim.resolved.claim.knocked_out:
        yield from map(str, one.heads)
