"""One claim in every row of a set, each beside its own controls."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor

from tracer.attribution.origin import FeatureName
from tracer.documents.set_account import SetNeuron
from tracer.documents.set_claims import SetClaim
from tracer.documents.set_evidence import RowTried, SetClaimEvidence
from tracer.errors import TracerError
from tracer.interventions.controls import Controls, Member
from tracer.interventions.differences import Differences
from tracer.interventions.exchange_controls import ExchangeControls
from tracer.interventions.pair import LEAST, Pair
from tracer.interventions.set_prompts import SetPrompt, partners
from tracer.interventions.steered_pass import Setting

DRAWS = 10
Say = Callable[[int, int], None]


def try_in_rows(
    claim: SetClaim,
    neurons: Sequence[SetNeuron],
    rows: Sequence[SetPrompt],
    *,
    mark: str,
    say: Say = lambda *_: None,
) -> SetClaimEvidence:
    """`mark` is the claim's hash, which also seeds the draws.

    An exchange pairs each row with the next that has another answer and the same slots; a row
    without one is left out. Raises TracerError where nothing could be run.
    """
    seed, tried = int(mark[:8], 16), []
    if claim.exchange is not None:
        for at, (here, there) in enumerate(partners(rows)):
            found = _exchanged(claim, neurons, here, there, seed + at)
            tried += [] if found is None else [found]
            say(at + 1, len(rows))
    else:
        for at, row in enumerate(rows):
            found = _ablated(claim, neurons, row, seed + at)
            tried += [] if found is None else [found]
            say(at + 1, len(rows))
    if not tried:
        raise TracerError(f"the claim `{claim.id}` could be run in no row")
    quantity = {"share_above": "share", "p_falls_by": "probability"}.get(claim.expect.bound, "lead")
    return SetClaimEvidence.model_validate(
        {
            "id": claim.id,
            "claim": mark,
            "at_least": claim.at_least,
            "quantity": quantity,
            "features": len(neurons),
            "rows": tuple(tried),
            "seed": seed,
        }
    )


def _ablated(
    claim: SetClaim, neurons: Sequence[SetNeuron], row: SetPrompt, seed: int
) -> RowTried | None:
    """None where the row has none of their slots."""
    members = [
        Member(Setting(one.layer, one.index, position, 0.0), 0.0)
        for one in neurons
        for position in row.positions(one.slot)
    ]
    if not members:
        return None
    drawn = Controls(row.prompt).draw(members, seed=seed, draws=DRAWS)
    variants = [[one.setting for one in members], *drawn]
    probability = claim.expect.p_falls_by is not None
    runs = [
        logits
        for run in row.prompt.runs(variants)
        for logits in (run.logits if probability else run.raw_logits)
    ]
    unset = row.prompt.baseline.logits[0] if probability else row.logits
    before = _quantity(row, unset, probability=probability)
    after, *controls = [_quantity(row, one, probability=probability) for one in runs]
    falls = claim.expect.lead_rises_by is None
    moved = before - after if falls else after - before
    bound = claim.expect.value * (before if probability else 1.0)
    return RowTried(
        key=row.row.key,
        before=before,
        after=after,
        controls=tuple(controls),
        bound_met=moved >= bound,
        beats_all=all((one > after) if falls else (one < after) for one in controls),
    )


def _quantity(row: SetPrompt, logits: Tensor, *, probability: bool) -> float:
    return float(logits.softmax(-1)[row.answer]) if probability else row.lead(logits)


def _exchanged(
    claim: SetClaim,
    neurons: Sequence[SetNeuron],
    here: SetPrompt,
    there: SetPrompt,
    seed: int,
) -> RowTried | None:
    pair = Pair(here.prompt, there.prompt, here.answer, there.answer)
    whole = pair.lead_here - pair.lead_there
    if whole < LEAST:
        return None
    names = [
        FeatureName(one.layer, one.index, position)
        for one in neurons
        for position in here.positions(one.slot)
    ]
    differences = Differences.of(here.prompt, there.prompt, pair.direction)
    mine = differences.of_names(names)
    if not len(mine):
        return None
    drawn = ExchangeControls(differences).draw(mine, draws=DRAWS, seed=seed)
    after, *controls = [(one - pair.lead_there) / whole for one in pair.enough([mine, *drawn])]
    return RowTried(
        key=here.row.key,
        before=0.0,
        after=after,
        controls=tuple(controls),
        bound_met=after >= claim.expect.value,
        beats_all=all(one < after for one in controls),
    )
