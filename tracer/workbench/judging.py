"""A claim of the page is judged before it is taken, as `tracer verify` will judge it."""

from __future__ import annotations

from tracer.documents.annotations import Annotations
from tracer.documents.claims import Claim
from tracer.documents.graph import Graph
from tracer.documents.prompts import Counterfactual
from tracer.documents.resolved_claims import resolve_claim
from tracer.errors import TracerError
from tracer.interventions.claims import check_claim
from tracer.workbench.controlled import AT_ONCE
from tracer.workbench.desk import Session, annotations_of
from tracer.workbench.lane import Cancel
from tracer.workbench.poking import Poking


def refuse_failing(
    claim: Claim, session: Session, pokes: Poking, other: Counterfactual | None, cancel: Cancel
) -> None:
    """With the controls that `tracer verify` will draw. Raises TracerError where the claim does
    not hold, and Superseded where it is no longer wanted."""

    def find(slug: str) -> tuple[Graph, Annotations]:
        raise TracerError(f"there is no graph `{slug}` here")

    said = annotations_of(session)
    meant = resolve_claim(claim, pokes.graph, said, find, counterfactual=other)
    prompt = pokes.prompt.in_small_batches(cancel.check, AT_ONCE, cancel.waits)
    found = check_claim(prompt, meant)
    if found.verdict != "holds":
        told = "; ".join(f"{one.beaten} of {len(one.controls)}" for one in found.measures)
        what = f"it does not hold: of the controls that decide it, it beats {told}"
        raise TracerError(what, hint="poke others, or more of them")
