"""The planted models compute what their authors say, whatever an engine finds in them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.truth.build import Built
from tests.truth.circuit import Place
from tests.truth.circuits import CIRCUITS
from tests.truth.noise import KINDS, TIMES
from tests.truth.silencing import Silenced, answer_to, log_odds
from tests.truth.transcoders import fit_transcoders
from tracer.features.choose import choose_features
from tracer.features.transcoders import Transcoders
from tracer.model.frozen_pass import freeze

CHANGES, LITTLE = 1.5, 0.5  # nats of the answer's log-odds


def test_a_planted_model_computes_its_circuit(built: Built) -> None:
    circuit = built.circuit
    answers = {prompt: answer_to(built, prompt) for prompt in circuit.table}
    assert answers == circuit.table
    groups = [group.split() for group in circuit.together]
    alone = [[str(one)] for one in circuit.nodes if not any(str(one) in group for group in groups)]
    variants = [[_at(built, Place.parse(one)) for one in group] for group in [*alone, *groups]]
    before, *after = log_odds(built, [[], *variants]).tolist()
    changes = [one - before for one in after]
    assert min(map(abs, changes)) > CHANGES, (alone, groups, changes)
    single = [[_at(built, Place.parse(one))] for group in groups for one in group]
    assert all(abs(one - before) < LITTLE for one in log_odds(built, single).tolist())


def _at(built: Built, place: Place) -> Silenced:
    return Silenced(*built.units[place.name], place.position)


def test_everything_else_is_idle(built: Built) -> None:
    planted = {one.name for one in built.circuit.nodes}
    others = [where for name, where in built.units.items() if name not in planted]
    noise = [where for kind in KINDS for where in built.noise[kind]]
    assert len(noise) >= TIMES * len(built.units)
    counts = Counter(kind for kind in KINDS for _ in built.noise[kind])
    assert min(counts.values()) > len(noise) / 4
    idle = [*others, *noise]
    before, *after = log_odds(built, [[], *([Silenced(*where)] for where in idle)]).tolist()
    loudest = max(zip(after, idle, strict=True), key=lambda one: abs(one[0] - before))
    assert abs(loudest[0] - before) < LITTLE, loudest


def test_transcoders_fit(built: Built, tmp_path: Path) -> None:
    fitted = fit_transcoders(built, tmp_path / "set")
    found = choose_features(str(fitted.folder), model_source="planted", model_identity="0")
    assert found.dictionary is not None
    fit = Transcoders(found.info, found.dictionary).fit(freeze(built.model, built.token_ids))
    assert fit is not None
    shares = [one for one in fit.unexplained if one is not None]
    assert max(shares) < (1e-6 if built.shape == "gpt2" else 0.05), shares


def test_there_are_twenty_circuits_each_by_a_name_of_its_own() -> None:
    assert len({one.name for one in CIRCUITS}) == len(CIRCUITS) == 20
    assert {one.name: list(one.mistakes()) for one in CIRCUITS if [*one.mistakes()]} == {}
