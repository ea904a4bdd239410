"""`tracer find-examples` on a small gallery of its own."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.batch.test_verify import GOOD, annotate, supporters
from tests.tiny_models import WORDS
from tracer.batch import examples
from tracer.batch.examples import SourceExamples, find_examples
from tracer.cli import tracer
from tracer.documents.feature_examples import feature_key, load_feature_examples
from tracer.documents.feature_source import feature_source
from tracer.documents.graph import Graph
from tracer.errors import TracerError
from tracer.interventions.readings import read_features
from tracer.interventions.steered_pass import SteeredPrompt
from tracer.interventions.targets import find_targets
from tracer.model.load import load_model
from tracer.site.check import check


@pytest.fixture
def texts(tmp_path: Path) -> list[Path]:
    """Two files of 150 and 40 words; the model reads 63 at once."""
    chance = random.Random(7)
    files = []
    for name, length in (("one.txt", 150), ("two.txt", 40)):
        files.append(tmp_path / name)
        files[-1].write_text("".join(chance.choices(WORDS[2:], k=length)))
    return files


def find(root: Path, model: str, texts: list[Path], **options: Any) -> SourceExamples:
    (found,) = find_examples(root, texts, model=model, device="cpu", **options)
    return found


def written(root: Path, graph: Graph) -> dict[str, Path]:
    folder = root / "features" / feature_source(graph)
    return {file.stem: file for file in sorted(folder.glob("*.json"))}


def test_each_example_is_what_the_model_does_on_that_text(
    root: Path, traced: Graph, model: str, texts: list[Path]
) -> None:
    done = find(root, model, texts, most=5)
    assert done.tokens == 190 and done.written == 5
    loaded = load_model(model, device="cpu")
    targets, start = find_targets(loaded, "neurons"), loaded.tokenizer.start_token
    pieces = [  # the files' words, as they are cut
        piece
        for file in texts
        for words in [file.read_text().split()]
        for piece in (words[at : at + 63] for at in range(0, len(words), 63))
    ]
    for key, file in written(root, traced).items():
        found = load_feature_examples(file)
        layer, index = map(int, key.split("_"))
        best = -9.0
        for piece in pieces:
            ids = loaded.tokenizer.encode_text("".join(f" {word}" for word in piece))
            alone = SteeredPrompt(loaded, targets, (start, *ids))
            read = [alone.activation(layer, index, at + 1) for at in range(len(ids))]
            best = max(best, *read)
        strongest = found.examples_quantiles[0].examples[0]
        assert max(strongest.tokens_acts_list) == pytest.approx(best, rel=1e-2)
        assert any("".join(strongest.tokens).split()[0] in piece for piece in pieces)
        assert found.model_extra == {
            "found_in": {"texts": ["one.txt", "two.txt"], "tokens": 190},
        }
        assert len(found.top_logits) == len(found.bottom_logits) == 10
    assert {one.level for one in check(root)} == {"warning"}  # that there is no write-up, or parts


def test_what_annotations_name_comes_beside_the_most_influential(
    root: Path, traced: Graph, model: str, texts: list[Path]
) -> None:
    annotate(root, traced, GOOD)
    named = {feature_key(node) for node in supporters(traced)}
    find(root, model, texts, most=0)
    assert set(written(root, traced)) == named
    before = {key: file.stat().st_mtime_ns for key, file in written(root, traced).items()}
    more = find(root, model, texts, most=3)
    assert more.there == len(named) and more.written == 3
    assert {written(root, traced)[key].stat().st_mtime_ns for key in named} == {*before.values()}
    again = find(root, model, texts, most=3, force=True)
    assert again.there == 0 and again.written == len(named) + 3


def test_interrupted_it_keeps_what_was_found_by_then(
    root: Path, traced: Graph, model: str, texts: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    read, calls = read_features, 0

    def interrupted_later(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt
        return read(*arguments)

    monkeypatch.setattr(examples, "read_features", interrupted_later)
    done = find(root, model, texts, most=2)
    assert done.interrupted and done.tokens == 2 * 63 and done.written == 2


def test_only_so_many_tokens_are_read(root: Path, model: str, texts: list[Path]) -> None:
    assert find(root, model, texts, most=1, tokens=70).tokens == 70


def test_bad_input_is_one_clear_line(root: Path, model: str, texts: list[Path]) -> None:
    texts[0].write_text("")
    with pytest.raises(TracerError, match="there is no text in these files"):
        find(root, model, texts[:1])
    texts[0].write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TracerError, match=r"one\.txt:1.* UTF-8"):
        find(root, model, texts[:1])
    with pytest.raises(TracerError, match="there is no graph `tine`"):
        find_examples(root, texts, ["tine"])
    assert not (root / "features").exists()


def test_on_the_command_line(root: Path, model: str, texts: list[Path]) -> None:
    arguments = ["find-examples", *map(str, texts), "--root", str(root), "--most", "2"]
    done = CliRunner().invoke(tracer, [*arguments, "--model", model, "--device", "cpu"])
    assert done.exit_code == 0, done.output
    (folder,) = (root / "features").iterdir()
    assert done.stdout.startswith(f"{folder}: 2 features written, from 190 tokens; 0 had")
    again = CliRunner().invoke(tracer, [*arguments, "--graph", "tiny"])
    assert again.output == f"{folder}: 2 had examples already (--force looks again)\n"
    for file in root.glob("graphs/tiny/*.json"):
        file.unlink()
    none = CliRunner().invoke(tracer, arguments)
    assert (none.exit_code, none.output[:14]) == (0, "no graph here ")
