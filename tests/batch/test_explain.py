"""`tracer suggest --explain` on a small gallery: an endpoint, and a model on this machine."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.batch.test_examples import find, records
from tests.chat_server import chat_server
from tests.tiny_models import WORDS
from tracer.cli import tracer
from tracer.documents.exchange.chat_endpoint import KEY
from tracer.documents.graph import Graph
from tracer.interventions.texts import explaining, naming

SECRET = "sk-not-to-be-read-anywhere"
_LINE = re.compile(r"^(\d+): ", re.MULTILINE)


@pytest.fixture
def root(
    tmp_path: Path, traced: Graph, model: str, texts_of_eight: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A gallery whose texts were read, where a handful of places is enough to try a name."""
    for module in (naming, explaining):
        monkeypatch.setattr(module, "FEWEST_PLACES", 1)
        monkeypatch.setattr(module, "LEAST", 0.0)
    traced.save(tmp_path / "graphs" / "tiny" / "1.json")
    find(tmp_path, model, [texts_of_eight])
    list_model(tmp_path, model)
    return tmp_path


@pytest.fixture
def texts_of_eight(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("texts")
    for number in range(8):
        words = [WORDS[2 + (number * 7 + at * at) % 58] for at in range(60)]
        (folder / f"{number}.txt").write_text("".join(words))
    return folder


def list_model(root: Path, model: str) -> None:
    (root / "site_src").mkdir(exist_ok=True)
    entry = f"  - {{slug: tiny, prompt: ' w3', model: {model}, features: neurons}}\n"
    (root / "site_src" / "prompts.yaml").write_text(f"graphs:\n{entry}")


def suggest(root: Path, *options: str) -> Result:
    out = root / "draft.yaml"
    out.unlink(missing_ok=True)
    arguments = ["suggest", "tiny", "--root", str(root), "--out", str(out), *options]
    return CliRunner().invoke(tracer, arguments)


def test_names_that_tell_more_go_into_records_and_the_key_goes_nowhere(
    root: Path, traced: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY, SECRET)
    before = records(root, traced)

    def answer(prompt: str) -> str:
        if "eight words" in prompt:
            return f"a name, and {SECRET}"
        return "\n".join(f"{number}: {len(prompt) % 11}" for number in _LINE.findall(prompt))

    monkeypatch.setattr(explaining, "auroc_of", lambda strong, weak: 0.99)
    with chat_server(answer) as server:
        done = suggest(root, "--explain", "m-1", "--endpoint", server.address, "--most", "3")
    assert done.exit_code == 0, done.output
    assert "3 features asked of m-1: 3 names kept" in done.stdout
    after = records(root, traced)
    changed = [key for key in after if after[key] != before[key]]
    assert len(changed) == 3
    for key in changed:
        named = after[key].suggestion
        assert named is not None
        assert (named.name, named.by, named.auroc) == ("a name, and [key]", "m-1", 0.99)
        assert named.prompt == explaining.NAME_IT
        same = {"suggestion": before[key].suggestion}
        assert after[key].model_copy(update=same) == before[key]
    assert server.seen[0][1]["Authorization"] == f"Bearer {SECRET}"
    assert SECRET not in done.output
    for file in filter(Path.is_file, root.rglob("*")):
        assert SECRET.encode() not in file.read_bytes(), file
    monkeypatch.setattr(explaining, "auroc_of", lambda strong, weak: 0.98)
    with chat_server(answer) as server:
        again = suggest(root, "--explain", "m-2", "--endpoint", server.address, "--most", "3")
    assert "0 names kept, 3 tell less than what is there" in again.stdout
    assert records(root, traced) == after


def test_a_model_here_is_asked_and_what_it_babbles_is_no_name(
    root: Path, traced: Graph, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explaining, "NAME_IT", " w3 {words} {texts}")  # it reads 64 tokens
    monkeypatch.setattr(explaining, "RATE_IT", " w5 {name} {texts}")
    monkeypatch.setattr(explaining, "_numbered", lambda some: " w7 w8")
    monkeypatch.setattr(explaining, "NAME_TOKENS", 3)
    monkeypatch.setattr(explaining, "RATING_TOKENS", 1)
    monkeypatch.setattr(explaining, "LEAST", 0.7)
    before = records(root, traced)
    done = suggest(root, "--explain", model, "--most", "2")
    assert done.exit_code == 0, done.output
    assert re.search(r"2 features asked of local\.\w+: 0 names kept, 0 .*, 2 next to", done.stdout)
    assert records(root, traced) == before  # it rates nothing, so it is worth a half
    monkeypatch.setattr(explaining, "auroc_of", lambda strong, weak: 1.0)
    done = suggest(root, "--explain", model, "--most", "1")
    assert "1 names kept" in done.stdout
    (named,) = [one.suggestion for key, one in records(root, traced).items() if one != before[key]]
    assert named is not None and named.by is not None and named.by.startswith("local.")
    assert {f" {one}" for one in named.name.split()} <= {*WORDS}  # three of its own


def test_what_it_cannot_do_is_said(root: Path, model: str) -> None:
    elsewhere = ("--endpoint", "http://127.0.0.1:1/v1")
    assert "nothing says which model" in str(suggest(root, *elsewhere).exception)
    assert "reads at most 64 tokens" in str(suggest(root, "--explain", model).exception)
    shutil.rmtree(root / ".tracer")
    none = suggest(root, "--explain", "m", *elsewhere)
    assert "none have been read here for these features" in str(none.exception)
    out = root / "draft.yaml"
    out.write_text("mine")
    arguments = ["suggest", "tiny", "--root", str(root), "--out", str(out), "--explain", "m"]
    there = CliRunner().invoke(tracer, [*arguments, *elsewhere])
    assert "it is there already" in str(there.exception)  # before anybody is asked
