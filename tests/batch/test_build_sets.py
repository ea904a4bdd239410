"""Sets of prompts, from the list to the account of the set, on a tiny model."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from rich.console import Console
from torch import Tensor

from tracer.batch import build_sets as module
from tracer.batch.session import build_graphs
from tracer.batch.set_likeness import likeness_of
from tracer.batch.set_plan import AskedRow, SetJob
from tracer.batch.set_rows import trace_row
from tracer.documents.prompts import load_prompts
from tracer.documents.set_account import ANSWER, RowAccount, SetAccount
from tracer.documents.set_folder import SetFolder
from tracer.model.frozen_pass import freeze
from tracer.model.load import Model, load_model

FILLED = ("w3", "w5", "w7 w8", "w10", "w27", "w9", "w0", "w28")
KEYS = [one.replace(" ", "-") for one in FILLED]


class Desk:
    """A prompt list with one set, whose answers are what the tiny model says."""

    def __init__(self, folder: Path, model: str, filled: Sequence[str] = FILLED) -> None:
        self.list, self.graphs = folder / "site_src" / "prompts.yaml", folder / "graphs"
        self.list.parent.mkdir()
        self.said = ""
        opened = load_model(model, device="cpu")
        rows = []
        for one in filled:
            prompt = f" {one} w20 w21"
            ids = opened.tokenizer.encode_prompt(prompt)
            top = _top(opened, ids)
            rows.append((one, opened.tokenizer.text(top)))
        answers = [f'      - {{x: "{x}", answer: "{answer}"}}\n' for x, answer in rows]
        answers.append('      - {x: w12, answer: " w55"}\n')  # which the model does not say
        answers.append('      - {x: w13, answer: " no such token"}\n')
        self.list.write_text(
            f"defaults: {{model: {model}, max_nodes: 40}}\nsets:\n  - slug: tiny\n"
            '    template: " {x} w20 w21"\n    contrast: [" w57"]\n    fill:\n' + "".join(answers)
        )

    def run(self, **options: object) -> int:
        console = Console(file=io.StringIO(), width=200)
        try:
            return build_graphs(
                load_prompts(self.list),
                self.graphs,
                device="cpu",
                console=console,
                **options,  # type: ignore[arg-type]
            )
        finally:
            self.said = console.file.getvalue()  # type: ignore[attr-defined]

    @property
    def folder(self) -> SetFolder:
        return SetFolder(self.graphs.parent / "sets")


def _top(model: Model, ids: tuple[int, ...]) -> int:
    return int(freeze(model, ids).logits.argmax())


@pytest.fixture
def desk(tmp_path: Path, model: str) -> Desk:
    return Desk(tmp_path, model, FILLED[:3])


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, model: str) -> SetAccount:
    desk = Desk(tmp_path_factory.mktemp("sets"), model)
    assert desk.run() == 0
    return desk.folder.load("tiny", 1)


def test_rows_that_the_model_does_not_answer_are_set_apart(built: SetAccount) -> None:
    assert [row.key for row in built.counted] == KEYS
    (apart,) = built.apart
    assert apart.key == "w12" and apart.said != " w55"
    (refused,) = built.refused
    assert refused.key == "w13" and "not one" in refused.error


def test_each_row_adds_up_to_its_answer(built: SetAccount) -> None:
    """All that runs into the answer is the row's quantity, whatever boxes it is told by; lines
    that are too thin to keep are a small part."""
    total = sum(one.flow.mean for one in built.flows if one.target == ANSWER)
    kept = sum(abs(one.flow.mean) for one in built.flows if one.target == ANSWER)
    assert total == pytest.approx(built.quantity.mean, abs=0.1 * kept)


def test_intervals_hold_their_means(built: SetAccount) -> None:
    for one in built.neurons:
        assert one.effect.low <= one.effect.mean <= one.effect.high
        assert len(one.effects) == len(built.counted)
        assert one.effect.mean == pytest.approx(sum(one.effects) / len(one.effects), abs=1e-3)
        assert 2 <= one.listed <= len(built.counted)


def test_rows_of_other_lengths_share_their_slots(built: SetAccount) -> None:
    assert {"{x}", "w20", "w21", "{x} −1"} <= set(built.slots)
    assert {row.tokens for row in built.counted} == {4, 5}


def test_a_second_run_finds_the_set_done_and_another_row_makes_a_revision(desk: Desk) -> None:
    desk.run()
    assert desk.run() == 0 and "up to date" in desk.said
    assert desk.folder.revisions("tiny") == [1]
    text = desk.list.read_text().replace('{x: w12, answer: " w55"}', '{x: w14, answer: " w55"}')
    desk.list.write_text(text)
    desk.run()
    assert desk.folder.revisions("tiny") == [1, 2]


def test_a_run_that_was_interrupted_goes_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    traced: list[str] = []
    most = 1

    def counting(row: AskedRow, job: SetJob, model: Model) -> RowAccount:
        if len(traced) == most:
            raise KeyboardInterrupt
        traced.append(row.row.key)
        return trace_row(row, job, model)

    monkeypatch.setattr(module, "trace_row", counting)
    assert desk.run() == 130
    assert desk.folder.slugs() == []
    most = 9
    assert desk.run() == 0
    assert traced == KEYS[:3]  # each once
    assert not (desk.folder.root / "tiny" / ".rows").exists()


def test_rows_that_work_otherwise_are_found() -> None:
    alike = torch.tensor([[1.0, 1.1, 0.9, 1.0, 0.0], [0.5, 0.4, 0.6, 0.5, 0.1], [0, 0, 0, 0, 2.0]])
    found = likeness_of(alike)
    assert [one.odd for one in found] == [False] * 4 + [True]
    assert found[4].cluster == 1 and found[0].cosine > 0.9 > found[4].cosine


def _read_by(model: Model, layer: int, ids: Sequence[int]) -> Tensor:
    """What the down projection of a layer reads: its neurons, (positions, width)."""
    reads: list[Tensor] = []
    module = model.causal_lm.model.layers[layer].mlp.down_proj
    handle = module.register_forward_pre_hook(lambda _, inputs: reads.append(inputs[0][0]))
    with torch.no_grad():
        model.causal_lm(torch.tensor([ids]))
    handle.remove()
    return reads[0]


def test_of_two_words_each_pair_is_looked_at_for_where_neurons_fire(
    tmp_path: Path, model: str
) -> None:
    opened = load_model(model, device="cpu")
    desk, rows = Desk(tmp_path, model, ["w3"]), []
    for a, b in (("w3", "w5"), ("w3", "w7"), ("w9", "w5"), ("w9", "w7")):
        top = _top(opened, opened.tokenizer.encode_prompt(f" {a} {b} w20"))
        answer = opened.tokenizer.text(top) if (a, b) != ("w9", "w7") else " w55"
        rows.append(f'      - {{a: {a}, b: {b}, answer: "{answer}"}}\n')
    desk.list.write_text(
        f"defaults: {{model: {model}, max_nodes: 20}}\nsets:\n  - slug: pairs\n"
        '    template: " {a} {b} w20"\n    contrast: [" w57"]\n    fill:\n' + "".join(rows)
    )
    assert desk.run() == 0, desk.said
    found = desk.folder.load("pairs", 1)
    assert found.fires and len(found.apart) == 1
    layer, index = map(int, found.fires[0].node.partition("@")[0].split("_"))
    slot = found.fires[0].node.partition("@")[2]
    for row, value in zip(found.rows, found.fires[0].values, strict=True):
        at = [found.slots[place] for place in row.places].index(slot)
        read = _read_by(opened, layer, opened.tokenizer.encode_prompt(row.prompt))
        assert value == pytest.approx(float(read[at, index]), rel=2e-3, abs=1e-4)
    # What an older program wrote gets it without being traced again.
    without = found.model_copy(update={"fires": None})
    desk.folder.rewrite(without, 1)
    assert desk.run() == 0 and desk.folder.revisions("pairs") == [1]
    again = desk.folder.load("pairs", 1).fires
    assert again and again[0].values == pytest.approx(found.fires[0].values, rel=1e-3, abs=1e-4)
