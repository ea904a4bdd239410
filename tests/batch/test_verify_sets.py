"""Claims over the rows of a set, and halves exchanged, on a tiny model."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
import torch
from rich.console import Console

from tests.batch.test_build_sets import Desk
from tracer.batch import verify_sets as module
from tracer.batch.verify_sets import verify_sets
from tracer.documents.set_account import SetAccount
from tracer.documents.set_evidence import SetEvidence, load_set_evidence
from tracer.errors import TracerError
from tracer.interventions import set_picks
from tracer.interventions.set_exchange import COUNTS, exchange_halves
from tracer.interventions.set_picks import Pick, pick
from tracer.interventions.set_prompts import SetPrompt, set_prompts
from tracer.interventions.set_split import pairs_of, split
from tracer.interventions.steered_pass import Setting
from tracer.interventions.targets import find_targets
from tracer.model.load import load_model

SAID = """groups:
  late: {nodes: [LATE]}
  word: {nodes: [WORD]}
claims:
  - {id: late-matters, ablate: late, expect: {lead_falls_by: 0.01}, holds: {at_least: 0.5}}
  - {id: never-so-much, ablate: word, expect: {lead_falls_by: 90}, holds: false}
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, model: str) -> Desk:
    made = Desk(tmp_path_factory.mktemp("verified"), model)
    assert made.run() == 0
    file = made.list.parent / "sets" / "tiny.yaml"
    file.parent.mkdir()
    account = made.folder.load("tiny", 1)
    late, word = (next(o.id for o in account.neurons if o.slot == s) for s in ("w21", "{x}"))
    file.write_text(SAID.replace("LATE", f'"{late}"').replace("WORD", f'"{word}"'))
    return made


def run(desk: Desk, **options: bool) -> tuple[int, str]:
    console = Console(file=io.StringIO(), width=200)
    status = verify_sets(desk.graphs.parent, ["tiny"], device="cpu", console=console, **options)
    return status, console.file.getvalue()  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def evidence(desk: Desk) -> SetEvidence:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "HALVES", ())  # which have tests of their own
        _, told = run(desk)
    assert "cannot be run" not in told
    return load_set_evidence(desk.folder.root / "tiny" / "1.evidence.json")


@pytest.fixture(scope="module")
def account(desk: Desk) -> SetAccount:
    return desk.folder.load("tiny", 1)


@pytest.fixture(scope="module")
def rows(account: SetAccount, model: str) -> list[SetPrompt]:
    opened = load_model(model, device="cpu")
    return set_prompts(account, opened, find_targets(opened, "neurons"))


def test_each_row_is_tried_beside_controls_of_its_own(
    evidence: SetEvidence, account: SetAccount
) -> None:
    found = {one.id: one for one in evidence.claims}
    late = found["late-matters"]
    assert [one.key for one in late.rows] == [row.key for row in account.counted]
    assert len({one.controls for one in late.rows}) == len(late.rows)
    for tried, row in zip(late.rows, account.counted, strict=True):
        assert tried.before == pytest.approx(row.lead, abs=1e-3)
        assert tried.bound_met == (tried.before - tried.after >= 0.01)
    assert found["never-so-much"].held == 0
    assert found["never-so-much"].verdict(0.5) == "fails"


def test_what_has_evidence_is_not_run_again(
    desk: Desk, evidence: SetEvidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("nothing is left to run")

    claims = {one.id for one in evidence.claims}
    monkeypatch.setattr(module, "load_model", never)
    monkeypatch.setattr(module, "HALVES", ())
    _, told = run(desk)
    assert claims == {"late-matters", "never-so-much"}
    assert "never-so-much: 0 of 8 rows" in told


def test_halves_share_no_kin_and_pairs_no_answer(rows: list[SetPrompt]) -> None:
    for seed in range(5):
        first, second = split(rows, "kin", seed=seed)
        assert not {one.row.kin for one in first.rows} & {one.row.kin for one in second.rows}
        assert len(first.rows) + len(second.rows) == len(rows)
        assert not first.apart and not second.apart
    for here, there in pairs_of(rows, 9, seed=1):
        assert here.answer != there.answer and here.slots == there.slots


def apart_rows(rows: list[SetPrompt]) -> list[SetPrompt]:
    """Of each answer one row that asks for it where another is said, and one that asks for a new
    answer there."""
    kins = list(dict.fromkeys(one.row.kin for one in rows))
    found = []
    for number, (said, other) in enumerate(zip(kins, kins[1:] + kins[:1], strict=True)):
        for asked in (other, f"new {number}", "new in two"):
            row = rows[0].row.model_copy(
                update={"said": said, "answer": asked, "kin": asked, "counts": False}
            )
            found.append(replace(rows[0], row=row))
    return found


def test_no_answer_asked_for_or_said_is_in_both_halves(rows: list[SetPrompt]) -> None:
    apart = apart_rows(rows)
    taken = 0
    for seed in range(5):
        halves = split(rows, "kin", seed=seed, apart=apart)
        words = [
            {one.row.kin for one in half.rows}
            | {word for one in half.apart for word in (one.row.answer, one.row.said)}
            for half in halves
        ]
        assert not words[0] & words[1]
        for half in halves:
            home = {one.row.kin for one in half.rows}
            new = [one for one in half.apart if one.row.answer.startswith("new ")]
            assert {one.row.said for one in half.apart} == home, "each goes with what is said"
            assert len(new) >= len(home)
            taken += len(half.apart)
    assert taken < 5 * len(apart), "what asks for the other half's answer is in neither"
    first, second = split(rows, "rows", seed=1, apart=apart)
    assert not first.apart and not second.apart


def test_rows_set_apart_are_picked_on_and_never_tried(rows: list[SetPrompt]) -> None:
    by_answer: dict[int, list[SetPrompt]] = {}
    for one in rows:
        by_answer.setdefault(one.answer, []).append(one)
    last = list(by_answer)[-1]
    apart = [
        replace(one, row=one.row.model_copy(update={"said": rows[0].row.kin, "counts": False}))
        for one in by_answer[last]
    ]
    counted = [one for one in rows if one.answer != last]
    alone = exchange_halves(counted, "kin", seed=3, pairs=2)
    found = exchange_halves(counted, "kin", seed=3, apart=apart, pairs=2)
    assert sum(found.apart) == len(apart) and alone.apart == (0, 0)
    assert sum(found.picked_on or ()) > sum(alone.picked_on or ())
    keys = {one.row.key for one in apart}
    assert not keys & {key for pair in found.pairs for key in (pair.here, pair.there)}


def one_pair(rows: list[SetPrompt]) -> tuple[SetPrompt, SetPrompt]:
    first = rows[0]
    return first, next(o for o in rows if o.answer != first.answer and o.slots == first.slots)


def worth(here: SetPrompt, there: SetPrompt, picks: list[Pick]) -> dict[Pick, float]:
    """What a small step of each feature from its value in the one run towards that in the other
    moves, tried one by one with `picks` exchanged: a share of the whole move, mean both ways."""
    step, found = 0.02, dict[Pick, float]()
    whole = sum(
        float(one.logits[one.answer] - one.logits[other.answer])
        for one, other in ((here, there), (there, here))
    )
    for source, run in ((here, there), (there, here)):
        targets, prompt = run.prompt.targets, run.prompt
        fixed = [
            Setting(p.layer, p.index, at, source.prompt.activation(p.layer, p.index, at))
            for p in picks
            for at in run.positions(p.slot)
        ]
        now = prompt.run(fixed, watch=range(len(targets.widths)))
        places = [
            (layer, index, at)
            for layer, width in enumerate(targets.widths)
            for index in range(width)
            for at in range(1, prompt.n_positions)
        ]
        values = [prompt.activation_in(now, *place) for place in places]
        moves = [
            step * (source.prompt.activation(*place) - value)
            for place, value in zip(places, values, strict=True)
        ]
        variants = [
            [*fixed, Setting(*place, value + move)]
            for place, value, move in zip(places, values, moves, strict=True)
        ]
        leads = [
            float(one[source.answer] - one[run.answer])
            for some in prompt.runs(variants)
            for one in some.raw_logits
        ]
        before = float(now.raw_logits[0, source.answer] - now.raw_logits[0, run.answer])
        for (layer, index, at), lead in zip(places, leads, strict=True):
            key = Pick(layer, index, run.slots[at])
            found[key] = found.get(key, 0.0) + (lead - before) / step / whole / 2
    return found


def test_picks_are_those_that_a_small_step_says(rows: list[SetPrompt]) -> None:
    here, there = one_pair(rows)
    tried = worth(here, there, [])
    best = sorted(tried, key=lambda one: -tried[one])
    picks = pick([(here, there)], 6)
    assert sum(tried[one] for one in picks) == pytest.approx(
        sum(tried[one] for one in best[:6]), rel=0.02
    )
    assert picks[0] == best[0] and all(here.slots.index(one.slot) for one in picks)


def test_what_is_picked_is_exchanged_before_the_rest_is_scored(
    rows: list[SetPrompt], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(set_picks, "STEPS", (3,))
    here, there = one_pair(rows)
    picks = pick([(here, there)], 6)
    tried = worth(here, there, picks[:3])
    left = sorted((one for one in tried if one not in picks[:3]), key=lambda one: -tried[one])
    assert sum(tried[one] for one in picks[3:]) == pytest.approx(
        sum(tried[one] for one in left[:3]), rel=0.02
    )


def test_exchanging_more_of_what_supports_moves_more_than_controls(rows: list[SetPrompt]) -> None:
    found = exchange_halves(rows, "rows", seed=3, pairs=4)
    assert found.counts == COUNTS and len(found.picked[0]) > 0
    for one in found.pairs:
        assert len(one.enough) == len(one.needed) == len(COUNTS)
        assert torch.isfinite(torch.tensor([*one.enough, *one.needed])).all()


def test_a_set_of_one_answer_cannot_be_split(rows: list[SetPrompt]) -> None:
    alike = [one for one in rows if one.answer == rows[0].answer]
    with pytest.raises(TracerError, match="cannot be split"):
        exchange_halves(alike, "rows", seed=1)


def test_a_group_that_is_not_there_is_told_at_its_claim(desk: Desk) -> None:
    file = desk.list.parent / "sets" / "tiny.yaml"
    said = file.read_text()
    try:
        file.write_text(said.replace("ablate: late", "ablate: lat"))
        status, told = run(desk)
    finally:
        file.write_text(said)
    assert status == 1 and "tiny.yaml:5:5: there is no group `lat`" in told.replace("\n", " ")
    assert "did you mean `late`" in told


def test_the_exact_interval_is_that_of_clopper_and_pearson() -> None:
    from tracer.documents.binomial import exact_interval

    for (k, n), (low, high) in {
        (50, 56): (0.781, 0.960),  # R: binom.test
        (0, 10): (0.0, 0.308),
        (10, 10): (0.692, 1.0),
        (1, 2): (0.013, 0.987),
    }.items():
        assert exact_interval(k, n) == pytest.approx((low, high), abs=1e-3)
