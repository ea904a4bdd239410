"""Names of models and features: what can be said of them without a model or a network."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracer.documents.sources import doubted_features, doubted_model

MODELS = [
    "smollm2-135m-instruct",
    "HuggingFaceTB/SmolLM2-360M",
    "org/repo@main",
    "./models/mine",
    "/srv/models/mine",
    "~/models/mine",
    "a/b/c",
]
FEATURES = [
    "neurons",
    "gemma",
    "llama",
    "hf:org/repo",
    "hf:google/gemma-scope-2-1b-pt/transcoder_all/width_16k@main",
    "my/transcoders",
    "./transcoders",
]


@pytest.mark.parametrize("name", MODELS)
def test_a_model_that_there_may_be(name: str) -> None:
    assert doubted_model(name) is None


@pytest.mark.parametrize("name", FEATURES)
def test_features_that_there_may_be(name: str) -> None:
    assert doubted_features(name) is None


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("smollm2-135m-instrukt", "did you mean `smollm2-135m-instruct`?"),
        ("gpt2", "a hub id such as `org/repo`"),
        ("org/", "there is no model"),
        ("org/re po", "there is no model"),
        ("\0", "there is no model"),
    ],
)
def test_a_model_that_there_cannot_be(name: str, message: str) -> None:
    assert message in str(doubted_model(name))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nuerons", "did you mean `neurons`?"),
        ("gema", "did you mean `gemma`?"),
        ("hf:org", "`hf:org/repo`"),
        ("hf://org/repo", "`hf:org/repo`"),
        ("hf:org/repo@", "unknown features"),
    ],
)
def test_features_that_there_cannot_be(name: str, message: str) -> None:
    assert message in str(doubted_features(name))


def test_a_folder_that_is_there_has_any_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    assert doubted_model("mine") is None
    assert doubted_features("mine") is None
