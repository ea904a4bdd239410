"""`tracer find-examples` on a small gallery of its own."""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.batch.test_verify import GOOD, annotate, supporters
from tests.tiny_models import WORDS
from tracer.batch import text_pass
from tracer.batch.examples import SourceExamples, find_examples
from tracer.batch.text_contexts import Contexts, Place
from tracer.cli import tracer
from tracer.documents.feature_examples import FeatureExamples, FoundIn, feature_key
from tracer.documents.feature_source import feature_source
from tracer.documents.feature_store import FeatureStore
from tracer.documents.graph import Graph
from tracer.documents.texts import find_texts
from tracer.errors import TracerError
from tracer.interventions.readings import read_features
from tracer.interventions.steered_pass import SteeredPrompt
from tracer.interventions.targets import find_targets
from tracer.interventions.texts import naming
from tracer.interventions.texts.running import Running
from tracer.model.load import load_model
from tracer.site.check import check

SIZE = 63  # tokens that the model reads at once


@pytest.fixture
def texts(tmp_path: Path) -> list[Path]:
    """Two files of 150 and 40 words."""
    chance = random.Random(7)
    files = []
    for name, length in (("one.txt", 150), ("two.fr.txt", 40)):
        files.append(tmp_path / name)
        files[-1].write_text("".join(chance.choices(WORDS[2:], k=length)))
    return files


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A folder of eight texts of 200 words."""
    chance = random.Random(8)
    folder = tmp_path / "book"
    folder.mkdir()
    for number in range(8):
        text = "".join(chance.choices(WORDS[2:], k=200))
        (folder / f"{number}.{'de' if number % 2 else 'en'}.txt").write_text(text)
    return folder


def find(root: Path, model: str, texts: list[Path], **options: Any) -> SourceExamples:
    (found,) = find_examples(root, texts, model=model, device="cpu", **options)
    return found


def records(root: Path, graph: Graph) -> dict[str, FeatureExamples]:
    store, source = FeatureStore(root / "features"), feature_source(graph)
    loaded = {key: store.load(source, key) for key in sorted(store.keys(source))}
    return {key: one for key, one in loaded.items() if one is not None}


def features_of(graph: Graph) -> set[str]:
    return {feature_key(node.node_id) for node in graph.nodes if node.kind == "feature"}


def test_each_example_is_what_the_model_does_on_that_text(
    root: Path, traced: Graph, model: str, texts: list[Path]
) -> None:
    done = find(root, model, texts)
    found = records(root, traced)
    assert found.keys() == features_of(traced)  # every feature, without being asked
    assert done.tokens == 190 and done.written == len(found)
    loaded = load_model(model, device="cpu")
    targets, start = find_targets(loaded, "neurons"), loaded.tokenizer.start_token
    pieces = [  # the files' words, as they are cut
        piece
        for file in texts
        for words in [file.read_text().split()]
        for piece in (words[at : at + SIZE] for at in range(0, len(words), SIZE))
    ]
    runs = [
        SteeredPrompt(loaded, targets, (start, *loaded.tokenizer.encode_text(f" {' '.join(one)}")))
        for one in pieces
    ]
    for key in sorted(found)[:6]:
        layer, index = map(int, key.split("_"))
        values = [
            [run.activation(layer, index, at + 1) for at in range(len(piece))]
            for run, piece in zip(runs, pieces, strict=True)
        ]
        strongest = found[key].examples_quantiles[0].examples
        shown = [max(one.tokens_acts_list) for one in strongest]
        expected = sorted((max(one) for one in values if max(one) > 0), reverse=True)
        assert shown == pytest.approx(expected[:8], rel=1e-2)
        assert found[key].act_min == pytest.approx(min(map(min, values)), rel=1e-2)
        assert found[key].act_max == pytest.approx(max(map(max, values)), rel=1e-2)
        assert found[key].found_in == FoundIn(texts=("one.txt", "two.fr.txt"), tokens=190)
        assert {one.language for one in found[key].shares} <= {None, "fr"}
        assert len(found[key].top_logits) == len(found[key].bottom_logits) == 10
    assert {one.level for one in check(root)} == {"warning"}  # that there is no write-up, or parts


def test_what_annotations_name_comes_beside_the_most_influential(
    root: Path, traced: Graph, model: str, texts: list[Path]
) -> None:
    annotate(root, traced, GOOD)
    named = {feature_key(node) for node in supporters(traced)}
    find(root, model, texts, most=0)
    before = records(root, traced)
    assert set(before) == named
    more = find(root, model, texts, most=3)
    assert more.there == len(named) and more.written == 3
    again = find(root, model, texts, most=3, force=True)
    assert again.there == 0 and again.written == len(named) + 3


def interrupted_at(call: int, monkeypatch: pytest.MonkeyPatch, *, late: bool = False) -> None:
    """Somebody presses Ctrl-C while the batch of this number is read, or is being counted."""
    read, add, calls = read_features, Running.add, 0

    def interrupt(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == call:
            os.kill(os.getpid(), signal.SIGINT)
        return add(*arguments) if late else read(*arguments)

    if late:
        monkeypatch.setattr(Running, "add", interrupt)
    else:
        monkeypatch.setattr(text_pass, "read_features", interrupt)


@pytest.mark.parametrize("late", [False, True])
def test_interrupted_the_same_command_goes_on_to_the_same_end(
    root: Path,
    traced: Graph,
    model: str,
    book: Path,
    late: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(text_pass, "CONTEXTS", 4)
    find(root, model, [book])
    whole = records(root, traced)
    for file in (root / ".tracer" / "examples").iterdir():
        file.unlink()
    with monkeypatch.context() as patched:
        interrupted_at(3, patched, late=late)
        done = find(root, model, [book], force=True)
    contexts = 12 if late else 8
    assert done.interrupted and done.written == 0
    assert done.tokens == 200 * (contexts // 4)  # what was begun is counted whole, or not at all
    assert records(root, traced) == whole  # nothing is half written
    calls: list[int] = []

    def counted(*arguments: Any) -> Any:
        calls.append(1)
        return read_features(*arguments)

    monkeypatch.setattr(text_pass, "read_features", counted)
    monkeypatch.setattr(text_pass, "CONTEXTS", 5)  # read in other batches from there on
    again = find(root, model, [book], force=True)
    assert (again.interrupted, again.again, again.tokens) == (False, done.tokens, 1600)
    assert len(calls) == -(-(32 - contexts) // 5)
    assert records(root, traced) == whole


def test_killed_it_goes_on_where_it_was_put_down(
    root: Path, traced: Graph, model: str, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(*_: Any) -> Any:
        raise Killed

    monkeypatch.setattr(text_pass, "CONTEXTS", 4)
    monkeypatch.setattr(text_pass, "SECONDS", 0.0)
    with monkeypatch.context() as patched:
        interrupted_at(3, patched)
        patched.setattr(os, "kill", killed)
        with pytest.raises(Killed):
            find(root, model, [book])
    again = find(root, model, [book])
    assert again.again == 400 and again.tokens == 1600
    assert records(root, traced).keys() == features_of(traced)


def test_other_texts_or_features_begin_anew_and_fewer_features_do_not(
    root: Path, model: str, book: Path
) -> None:
    find(root, model, [book], most=4)
    assert find(root, model, [book], most=2, force=True).again == 1600
    assert find(root, model, [book], most=6, force=True).again == 0
    (book / "9.txt").write_text(" w3 w4")
    assert find(root, model, [book], most=6, force=True).again == 0
    (kept,) = (root / ".tracer" / "examples").iterdir()  # no others are left
    kept.write_bytes(kept.read_bytes()[:999])
    assert find(root, model, [book], most=6, force=True).again == 0


def test_where_some_were_read_through_only_the_others_are_read(
    root: Path, traced: Graph, model: str, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find(root, model, [book])
    whole = records(root, traced)
    for file in (root / ".tracer" / "examples").iterdir():
        file.unlink()
    find(root, model, [book], most=4, force=True)
    read: set[int] = set()

    def counted(*arguments: Any) -> Any:
        read.add(len(arguments[2]))
        return read_features(*arguments)

    monkeypatch.setattr(text_pass, "read_features", counted)
    done = find(root, model, [book], force=True)
    assert read == {len(whole) - 4} and done.written == len(whole)
    assert records(root, traced) == whole


def test_a_record_suggests_a_name_that_was_tried_on_texts_held_out(
    root: Path, traced: Graph, model: str, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(naming, "FEWEST_PLACES", 3)
    monkeypatch.setattr(naming, "LEAST", 0.0)
    find(root, model, [book])
    found = [one.suggestion for one in records(root, traced).values()]
    named = [one for one in found if one is not None]
    assert named
    for one in named:
        assert one.name and one.origin in ("reads", "texts", "pushes")
        assert one.auroc is not None and 0 <= one.auroc <= 1 and one.tried
        assert not one.confident or one.auroc >= naming.CONFIDENT


def test_reading_stops_behind_so_many_tokens_and_goes_on_for_more(
    root: Path, model: str, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_pass, "CONTEXTS", 4)
    assert find(root, model, [book], tokens=300).tokens == 400
    more = find(root, model, [book], tokens=700, force=True)
    assert (more.again, more.tokens) == (400, 800)


def test_a_text_held_out_is_not_shown(root: Path, traced: Graph, model: str, book: Path) -> None:
    held_out = [
        context
        for context, _ in Contexts(
            load_model(model, device="cpu").tokenizer, find_texts([book])
        ).after(Place())
        if context.held_out
    ]
    assert 0 < len(held_out) < 16
    find(root, model, [book])
    hidden = {tuple(WORDS[one] for one in context.tokens) for context in held_out}
    for record in records(root, traced).values():
        for quantile in record.examples_quantiles:
            for example in quantile.examples:
                pieces = {
                    one[at : at + len(example.tokens)] for one in hidden for at in range(len(one))
                }
                assert len(example.tokens) < 6 or example.tokens not in pieces


def test_bad_input_is_one_clear_line(root: Path, model: str, texts: list[Path]) -> None:
    with pytest.raises(TracerError, match=r"no texts are named.*`make corpus`"):
        find(root, model, [])
    texts[0].write_text("")
    with pytest.raises(TracerError, match="there is no text in these files"):
        find(root, model, texts[:1])
    texts[0].write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TracerError, match=r"one\.txt:1.* UTF-8"):
        find(root, model, texts[:1])
    with pytest.raises(TracerError, match="there is no graph `tine`"):
        find_examples(root, texts, ["tine"])
    (root / "empty").mkdir()
    with pytest.raises(TracerError, match=r"there are no texts in .*empty"):
        find(root, model, [root / "empty"])
    assert not (root / "features").exists()


def test_on_the_command_line(root: Path, model: str, texts: list[Path]) -> None:
    arguments = ["find-examples", *map(str, texts), "--root", str(root), "--most", "2"]
    done = CliRunner().invoke(tracer, [*arguments, "--model", model, "--device", "cpu"])
    assert done.exit_code == 0, done.output
    (folder,) = (root / "features").iterdir()
    assert done.stdout.startswith(f"{folder}: 2 features written, from 190 tokens; 0 had")
    again = CliRunner().invoke(tracer, [*arguments, "--graph", "tiny"])
    assert again.output == f"{folder}: 2 had a record already (--force looks again)\n"
    for file in root.glob("graphs/tiny/*.json"):
        file.unlink()
    none = CliRunner().invoke(tracer, arguments)
    assert (none.exit_code, none.output[:14]) == (0, "no graph here ")
