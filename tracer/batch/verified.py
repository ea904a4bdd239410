"""What `tracer verify` tells of what it ran: a line each, a table, and what went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from tracer.batch.report import table_of
from tracer.documents.account import CONFIRMED
from tracer.documents.claims import Claim
from tracer.documents.evidence import ClaimEvidence, Exchange, Faithfulness, SilencedGroups
from tracer.documents.graph_questions import GraphQuestions
from tracer.documents.questions import ask
from tracer.documents.set_evidence import SetEvidence
from tracer.documents.size_curve import SizeCurve
from tracer.errors import TracerError

Found = ClaimEvidence | Faithfulness | Exchange | SizeCurve | SilencedGroups
_SHORT = {"probability": "p", "lead": "lead", "activation": "a", "continuation": ""}
State = Literal["measured", "up to date", "the same", "failed"]


@dataclass(frozen=True)
class Checked:
    """What is told of one claim, or of a graph's faithfulness; the rest is on disk by then."""

    slug: str
    name: str
    state: State
    cells: Sequence[str]
    contradicts: bool = False  # the author says that the claim holds, and it does not
    error: TracerError | None = None


def close(console: Console, done: Sequence[Checked], interrupted: bool) -> int:
    if done:
        console.print(table(done))
    for one in done:
        if one.error is not None:
            console.print("error:", style="bold red", end=" ")
            text = f"{one.slug}, {one.name}: {one.error}"
            console.print(text, markup=False, highlight=False, soft_wrap=True)
        elif one.contradicts:
            what = f"{one.slug}: the claim `{one.name}` does not hold"
            hint = "say `holds: false` and why, or change it"
            console.print("error:", style="bold red", end=" ")
            console.print(f"{what}; {hint}", markup=False, highlight=False, soft_wrap=True)
    if interrupted:
        console.print("interrupted; run the same command to go on where it stopped")
        return 130
    return int(any(one.error is not None or one.contradicts for one in done))


def verified(root: Path, graphs: Sequence[str], sets: Sequence[str]) -> dict[str, Any]:
    """What is on disk of these, for programs: docs/json.md."""
    gallery = ask(root)
    return {
        "graphs": [_of_graph(gallery.graph(slug)) for slug in graphs],
        "sets": [_of_set(slug, gallery.set_evidence(slug)) for slug in sets],
    }


def _of_graph(graph: GraphQuestions) -> dict[str, Any]:
    exchanged, said = graph.exchanged(), {one.id: one for one in graph.said.claims}
    return {
        "slug": graph.slug,
        "revision": graph.revision,
        "claims": [
            {
                "id": one.id,
                "verdict": one.verdict,
                "bound_met": one.bound_met,
                "said_to_hold": said[one.id].holds if one.id in said else None,
                "measures": [each.model_dump(mode="json") for each in one.measures],
            }
            for one in graph.tried()
        ],
        "predicts": graph.predicts(),
        "enough": None if exchanged is None else exchanged[0],
        "needed": None if exchanged is None else exchanged[1],
    }


def _of_set(slug: str, evidence: SetEvidence | None) -> dict[str, Any]:
    claims = () if evidence is None else evidence.claims
    exchanges = () if evidence is None else evidence.exchanges
    return {
        "slug": slug,
        "claims": [
            {
                "id": one.id,
                "verdict": one.verdict(one.at_least),
                "at_least": one.at_least,
                "held": one.held,
                "rows": len(one.rows),
                "low": one.interval[0],
                "high": one.interval[1],
            }
            for one in claims
        ],
        "halves": [
            {
                "halves": one.halves,
                "pairs": len(one.pairs),
                "counts": list(one.counts),
                "enough": [one.mean("enough", count) for count in one.counts],
                "needed": [one.mean("needed", count) for count in one.counts],
                "turned": [one.turned(count) for count in one.counts],
                "at": one.at,
                "controls_enough": one.controls("enough"),
                "controls_needed": one.controls("needed"),
            }
            for one in exchanges
        ],
    }


def table(done: Sequence[Checked]) -> Table:
    names = ("graph", "claim", "verdict", "before", "after", "beats", "")
    rows = table_of(*names, wrap=("graph", "claim", "verdict", ""), right=("before", "after"))
    for one in done:
        rows.add_row(one.slug, *one.cells, f"[dim]{one.state}")
    return rows


def line(one: Checked) -> str:
    """In plain text: where nobody sees bars there are no colours either."""
    verdict = Text.from_markup(one.cells[1]).plain
    return "" if one.state == "up to date" else f"{one.slug}, {one.name}: {verdict}"


def cells(
    name: str, claim: Claim | None, found: Found | None, *, contradicts: bool
) -> tuple[str, ...]:
    """Of the claim, its verdict, before and after, and how many controls it beats."""
    if isinstance(found, Faithfulness):
        fit = "–" if found.correlation is None else f"r {found.correlation:.2f}"
        return (f"faithfulness, {len(found.nodes)} nodes", fit, "", "", "")
    if isinstance(found, Exchange):
        return _exchange_cells(found)
    if isinstance(found, SizeCurve):
        areas = f"CPR {found.cpr:.2f}, CMD {found.cmd:.3f}"
        sides = (f"lead {found.lead:.3f}", f"{found.lead_there:.3f}")
        return (f"curve, {found.parts:,} parts", areas, *sides, "")
    if isinstance(found, SilencedGroups):
        held = sum((one.confirmed or 0) >= CONFIRMED for one in found.groups)
        return (f"groups, {len(found.groups)} silenced", f"{held} confirmed", "", "", "")
    name = escape(name)
    if found is None or claim is None:
        return (name, "[red]not run", "", "", "")
    verdict: str = found.verdict
    if verdict == "fails" and not claim.holds:
        verdict += ", as said"
    elif verdict == "holds" and not claim.holds:
        verdict += ", not as said"
    first = next(each for each in found.measures if each.decides)
    beaten = min(each.beaten for each in found.measures if each.decides)
    sides = (f"{_SHORT[first.quantity]} {first.before:.3f}", f"{first.after:.3f}")
    colour = "red" if contradicts else "green" if found.verdict == "holds" else "yellow"
    return (name, f"[{colour}]{verdict}", *sides, f"{beaten} of {len(first.controls)}")


def _exchange_cells(found: Exchange) -> tuple[str, ...]:
    if not found.curve:
        return ("exchange", "no feature supports the answer", "", "", "")
    last = found.curve[-1]
    shares = f"enough {last.enough:.2f}, needed {last.needed:.2f}"
    sides = (f"lead {found.lead:.3f}", f"{found.lead_there:.3f}")
    return (f"exchange, {last.features} features", shares, *sides, "")
