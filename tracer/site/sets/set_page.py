"""A set's page: what its template asks for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from markupsafe import Markup

from tracer.documents.front_matter import FrontMatter
from tracer.documents.set_account import Mean, Row, SetAccount, SetNeuron
from tracer.documents.set_claims import SetClaim, resolve_group, set_claim_hash
from tracer.documents.set_evidence import HalvesExchanged, SetClaimEvidence
from tracer.documents.set_words import core_share
from tracer.site.content.set_entries import SetEntry
from tracer.site.graph.summary import Badge, Summary
from tracer.site.sets.operand_plots import OperandPlots
from tracer.site.sets.picture import SetPicture
from tracer.site.wording.amounts import amount
from tracer.site.wording.percent import percent

NEURONS, FLOWS = 40, 24
BAR = 120  # of an effect's picture, in its own units


@dataclass(frozen=True)
class ShownNeuron:
    id: str
    kind: str
    listed: str
    effect: str
    bar: Markup
    pushes: str
    feature: str  # layer/index


@dataclass(frozen=True)
class ShownRow:
    row: Row
    picture: Markup
    graph: str | None  # a graph of the same prompt


@dataclass(frozen=True)
class ShownClaim:
    id: str
    badge: Badge
    sentence: str
    found: str
    note: str | None
    failing: Sequence[str]


@dataclass(frozen=True)
class ShownHalves:
    caption: str  # another one for each way of halving
    sentence: str
    lines: Sequence[tuple[str, str, str, str]]  # neurons, enough, needed, flips


@dataclass(frozen=True)
class SetPage:
    """`graphs` are graphs of this gallery, by the row that asks the same."""

    entry: SetEntry
    graphs: Mapping[str, str]

    @property
    def account(self) -> SetAccount:
        return self.entry.account

    @property
    def slug(self) -> str:
        return self.entry.slug

    @property
    def folder(self) -> str:
        return f"sets/{self.slug}/"

    @property
    def title(self) -> str:
        return self.entry.title

    @property
    def prompt(self) -> str:
        return self.account.template or f"{len(self.account.rows)} prompts"

    @cached_property
    def said(self) -> list[str]:
        """What is so, in sentences."""
        one, core = self.account, len(self.account.of_kind("core"))
        counted, rows = len(one.counted), len(one.rows)
        how = (
            "gives the answer as its likeliest word"
            if one.counts == "first"
            else "puts the answer ahead of its contrast"
        )
        q = one.quantity
        return [
            f"The model {how} in {counted} of {rows} rows, each a prompt. These count; their "
            f"answers lead by {amount(q.mean)} logits on average "
            f"({amount(q.low)} to {amount(q.high)}).",
            f"{_neurons(core)} core: the account of four rows in five, or more, lists "
            f"{'it' if core == 1 else 'them'}. "
            f"{len(one.of_kind('sometimes'))} are there sometimes, in one row of five or more, "
            f"and {len(one.of_kind('noise')) + one.left_out:,} in fewer. Core neurons hold "
            f"{percent(core_share(one))} of what the strongest {len(one.neurons)} add up to.",
        ]

    @cached_property
    def picture(self) -> SetPicture:
        return SetPicture(self.account)

    @cached_property
    def operands(self) -> OperandPlots | None:
        """Grids of a set over two words."""
        return OperandPlots.of(self.account)

    @cached_property
    def neurons(self) -> list[ShownNeuron]:
        listed = [one for one in self.account.neurons if self.account.kind_of(one) != "noise"]
        most = max((abs(e) for one in listed for e in _ends(one.effect)), default=1.0)
        return [self._neuron(one, most) for one in listed[:NEURONS]]

    @property
    def more_neurons(self) -> int:
        kinds = map(self.account.kind_of, self.account.neurons)
        return max(0, sum(kind != "noise" for kind in kinds) - NEURONS)

    def _neuron(self, one: SetNeuron, most: float) -> ShownNeuron:
        effect = one.effect
        return ShownNeuron(
            id=one.shown,
            kind=self.account.kind_of(one),
            listed=f"{one.listed} of {len(self.account.counted)}",
            effect=f"{amount(effect.mean)} ({amount(effect.low)} to {amount(effect.high)})",
            bar=_bar(effect, most),
            pushes=", ".join(word.strip() for word in one.pushes),
            feature=f"{one.layer}/{one.index}",
        )

    @cached_property
    def flows(self) -> list[tuple[str, str, str]]:
        return [
            (
                self.picture.name(one.source),
                self.picture.name(one.target),
                f"{amount(one.flow.mean)} ({amount(one.flow.low)} to {amount(one.flow.high)})",
            )
            for one in self.account.flows[:FLOWS]
        ]

    @cached_property
    def clusters(self) -> list[list[ShownRow]]:
        """Rows that work alike, the largest cluster first; those that stand alone last."""
        found: dict[int, list[ShownRow]] = defaultdict(list)
        for at, row in enumerate(self.account.counted):
            drawn = self.picture.of_row(at, f"The flows of {row.key}")
            found[row.cluster or 0].append(ShownRow(row, drawn, self.graph_of(row)))
        return [found[number] for number in sorted(found)]

    def graph_of(self, row: Row) -> str | None:
        return self.graphs.get(row.key)

    @cached_property
    def halves(self) -> list[ShownHalves]:
        evidence = self.entry.evidence
        return [_halves(one) for one in evidence.exchanges] if evidence else []

    @cached_property
    def claims(self) -> list[ShownClaim]:
        return [self._claim(one) for one in self.entry.said.claims]

    def _claim(self, claim: SetClaim) -> ShownClaim:
        neurons = resolve_group(claim, self.entry.said, self.account)
        mark = set_claim_hash(claim, [one.id for one in neurons], self.account.id)
        evidence = self.entry.evidence
        found = evidence.of(mark) if evidence else None
        badge: Badge = "untested" if found is None else found.verdict(claim.at_least)
        return ShownClaim(
            id=claim.id,
            badge=badge,
            sentence=self._sentence(claim, len(neurons)),
            found="Not run yet, or changed since it was run." if found is None else _found(found),
            note=claim.note,
            failing=[self._named(one.key) for one in found.rows if not one.holds] if found else [],
        )

    def _named(self, key: str) -> str:
        """A row by its words, as everywhere on the page."""
        return next((one.shown for one in self.account.rows if one.key == key), key)

    def _sentence(self, claim: SetClaim, neurons: int) -> str:
        group = self.entry.said.groups[claim.group]
        name = f"“{group.name or claim.group}”, {neurons} neuron{'' if neurons == 1 else 's'}"
        value = claim.expect.value
        happens = {
            "lead_falls_by": f"the lead falls by {value:g} logits or more",
            "lead_rises_by": f"the lead rises by {value:g} logits or more",
            "p_falls_by": f"the answer loses {percent(value)} of its probability or more",
            "share_above": f"{percent(value)} of the lead or more comes along",
        }[claim.expect.bound]
        if claim.ablate:
            done = f"With {name}, at zero"
        else:
            done = f"With the values of {name}, from one row in the run of another"
        often = "in fewer than half" if claim.holds is False else f"in {percent(claim.at_least)}"
        return (
            f"{done}, {happens}, {often} of the rows{'' if claim.holds is False else ' or more'}."
        )

    @property
    def summary(self) -> Summary:
        """What cards say."""
        counted, rows = len(self.account.counted), len(self.account.rows)
        stands = "comes first" if self.account.counts == "first" else "is ahead"
        return Summary(
            folder=self.folder,
            title=self.title,
            meta=FrontMatter(title=self.title, summary=self.entry.summary),
            tags=tuple(self.account.tags),
            prompt=self.prompt,
            badges=tuple(one.badge for one in self.claims),
            rows=f"the expected answer {stands} in {counted} of {rows} prompts",
        )


def _ends(mean: Mean) -> tuple[float, float]:
    return mean.low, mean.high


def _bar(mean: Mean, most: float) -> Markup:
    """The interval as a line, the mean as a dot, zero in the middle."""

    def x(value: float) -> float:
        return BAR / 2 * (1 + value / (most or 1))

    kind = "for" if mean.mean > 0 else "against"
    return Markup(
        f'<svg class="effect-bar" viewBox="0 0 {BAR} 12" width="{BAR}" height="12" '
        f'aria-hidden="true"><path class="zero" d="M{BAR / 2} 0V12"/>'
        f'<path class="{kind}" d="M{x(mean.low):.1f} 6H{x(mean.high):.1f}"/>'
        f'<circle class="{kind}" cx="{x(mean.mean):.1f}" cy="6" r="3"/></svg>'
    )


def _halves(one: HalvesExchanged) -> ShownHalves:
    a, b = one.answers
    halved = "by answer or kin" if one.halves == "kin" else "by row"
    apart = (
        f", and {one.apart[0]} and {one.apart[1]} rows set apart that are picked on and not tried"
        if any(one.apart)
        else ""
    )
    sentence = (
        f"Halves {halved} "
        f"({one.rows[0]} and {one.rows[1]} rows, {a} and {b} answers{apart}): the strongest "
        f"{one.at} of {one.of:,} neurons at places, picked on one half and exchanged between "
        f"{len(one.pairs)} pairs of the other, move {percent(one.mean('enough', one.at))} of the "
        f"lead; as many, as loud, at the same places, {amount(one.controls('enough'))} of it."
    )
    lines = [
        (
            f"{count:,}",
            f"{one.mean('enough', count):.2f}",
            f"{one.mean('needed', count):.2f}",
            f"{one.turned(count)} of {len(one.pairs)}",
        )
        for count in one.counts
    ]
    return ShownHalves(f"Neurons picked and exchanged, halves {halved}", sentence, lines)


def _found(found: SetClaimEvidence) -> str:
    low, high = found.interval
    return (
        f"It holds in {found.held} of {len(found.rows)} rows, each beside "
        f"{len(found.rows[0].controls)} controls of its own; the share of such rows is between "
        f"{percent(low)} and {percent(high)} (exact interval, 95\N{NO-BREAK SPACE}%)."
    )


def _neurons(count: int) -> str:
    return "1 neuron is" if count == 1 else f"{count} neurons are"
