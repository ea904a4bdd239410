"""`python bench/gpu.py`: at a small size it runs through here, with what an interpreter has."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from bench import gpu, gpu_parts
from bench.card import SHAPES, Card
from bench.in_memory import random_model, random_question, random_transcoders
from bench.limits import attempted
from bench.parts import Parts
from bench.tables import gpu as told
from tracer.attribution.node_graph import NodeGraph
from tracer.attribution.trace import trace_ask
from tracer.documents.trace_settings import TraceSettings
from tracer.features.choose import settings_for

REPOSITORY = Path(__file__).parents[2]
# Twice in one process, in which nothing can be imported that only an environment of tracer's has.
TWICE = """
import sys
LACKING = {"pytest", "playwright", "platformdirs", "jinja2", "markdown_it", "math_core",
           "starlette", "mdit_py_plugins", "pagefind_bin", "py_svg_hush", "resvg", "selectolax",
           "uvicorn", "watchfiles", "gguf", "accelerate", "hypothesis", "circuit_tracer"}
class Without:
    def __init__(self, finder):
        self.finder = finder
    def find_spec(self, name, *more):
        lacking = name.partition(".")[0] in LACKING
        return None if lacking else self.finder.find_spec(name, *more)
    def __getattr__(self, name):
        return getattr(self.finder, name)
sys.meta_path[:] = [Without(one) for one in sys.meta_path]
sys.path[:] = [one for one in sys.path if one not in ("", sys.argv[1])]
import runpy
from pathlib import Path
main = runpy.run_path(str(Path(sys.argv[1]) / "bench" / "gpu.py"))["main"]
arguments = ["--size", "tiny", "--device", "cpu", "--out", sys.argv[2]]
for _ in range(2):
    print(main(arguments))
"""


@pytest.mark.slow
def test_it_runs_through_at_a_small_size_and_then_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "gpu.json"
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", TWICE, str(REPOSITORY), str(file)],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.split("\n0\n")[:2]
    found = json.loads(file.read_text())
    names = list(found["parts"])
    assert len(names) == 10 and not any("error" in one for one in found["parts"].values())
    assert first.count(" …\n") == 10 and " …\n" not in second
    assert second.count("as found before") == 10
    for name in (*names[1:5], *names[6:]):
        part = found["parts"][name]
        assert part["seconds"] > 0 and (len(part["runs"]) == 2 or "left_out" in part)
        assert f"{part['tokens']} tokens" in name
    assert found["parts"]["longest prompt, transcoders"]["tokens"] == SHAPES["tiny"].longest
    told = [line for line in first.splitlines() if "circuit-tracer" in line]
    assert len(told) == 2 and "not run, circuit-tracer cannot be imported" in told[0]
    assert not any("circuit-tracer" in name for name in names)


def test_random_models_have_the_shape_that_they_are_called() -> None:
    """Of the full ones only the shapes are made here."""
    from transformers import LlamaForCausalLM

    from bench.workload import llama_config

    with torch.device("meta"):
        sizes = {
            name: sum(
                one.numel() for one in LlamaForCausalLM(llama_config(size, tied=True)).parameters()
            )
            for name, size in (
                ("2.6B", SHAPES["full"].transcoders),
                ("1.7B", SHAPES["full"].neurons),
            )
        }
    assert sizes["2.6B"] == pytest.approx(2.614e9, rel=0.01)  # Gemma 2 2B's
    assert sizes["1.7B"] == pytest.approx(1.711e9, rel=0.01)  # SmolLM2 1.7B's


def test_transcoders_in_memory_are_read_like_those_in_files(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    from tracer.features.choose import choose_features

    size = SHAPES["tiny"].transcoders
    model, held = random_model(size, "cpu"), random_transcoders(size, "cpu")
    assert held.dictionary is not None and held.dictionary.misfit() is None
    for number, layer in enumerate(held.dictionary.layers):
        tensors: dict[str, Any] = {
            "W_enc": layer.encoder.stored,
            "W_dec": layer.decoder.stored,
            "b_enc": layer.encoder_bias,
            "b_dec": layer.decoder_bias,
        }
        stored = {name: one.tensor for name, one in tensors.items()}
        save_file(stored, tmp_path / f"layer_{number}.safetensors")
    (tmp_path / "config.yaml").write_text(
        "model_name: local\nmodel_kind: transcoder_set\n"
        "feature_input_hook: mlp.hook_in\nfeature_output_hook: hook_mlp_out\n"
    )
    filed = choose_features(str(tmp_path), model_source="local.random", model_identity="0" * 64)
    ask, influences = random_question(size, 9), []
    for features in (held, filed):
        settings = settings_for(TraceSettings(allow_misfit=True), features)
        traced = trace_ask(ask, model=model, features=features, settings=settings)
        assert isinstance(traced, NodeGraph)
        influences.append(traced.influence)
    torch.testing.assert_close(influences[0], influences[1])


@pytest.mark.parametrize(
    ("most", "tokens", "stopped", "tried"),
    [
        (700, 512, "768 tokens do not fit", [256, 512]),
        (800, 768, "1,024 tokens do not fit", [256, 512, 768]),
        (100, None, "256 tokens do not fit", []),
        (10**6, 2048, "more were not tried", [256, 512, 1024, 2048]),
    ],
)
def test_the_longest_prompt_is_found_by_doubling(
    monkeypatch: pytest.MonkeyPatch,
    most: int,
    tokens: int | None,
    stopped: str,
    tried: list[int],
) -> None:
    def once(_: Card, asked: int, *_rest: object) -> dict[str, float]:
        if asked > most:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return {"trace": asked / 100, "prune": 0.0}

    monkeypatch.setattr(gpu_parts, "_transcoders_once", once)
    card = Card("cpu", replace(SHAPES["full"], longest=2048))
    found: dict[str, Any] = {}
    gpu_parts.longest(card, found)
    assert (found.get("tokens"), found["stopped"]) == (tokens, stopped)
    assert [one["tokens"] for one in found["tries"]] == tried


def test_what_does_not_fit_fails_or_takes_too_long_is_recorded_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate\nmuch")

    def broken(_: object) -> None:
        raise ValueError("no such thing")

    def slow(found: dict[str, Any]) -> None:
        found["runs"] = [1]
        time.sleep(30)

    def fine(found: dict[str, Any]) -> None:
        found["seconds"] = 1.5

    measures = {"full": full, "broken": broken, "slow": slow, "fine": fine}
    plan = [gpu_parts.Part(name, 0.2, one, lambda: None) for name, one in measures.items()]
    monkeypatch.setattr(gpu_parts, "plan", lambda *_: plan)
    file = tmp_path / "gpu.json"
    assert gpu_parts.run("tiny", "cpu", None, file) == 1
    parts = json.loads(file.read_text())["parts"]
    assert parts["full"]["out_of_memory"].endswith("CUDA out of memory. Tried to allocate")
    assert parts["broken"]["error"] == "ValueError: no such thing"
    assert parts["slow"]["left_out"] == "its 0 s were over" and parts["slow"]["runs"] == [1]
    assert parts["slow"]["took"] < 10 and parts["fine"]["seconds"] == 1.5
    # What failed is tried again; the rest is as it was found.
    monkeypatch.setitem(measures, "broken", fine)
    plan[1] = gpu_parts.Part("broken", 0.2, fine, lambda: None)
    capsys.readouterr()
    assert gpu_parts.run("tiny", "cpu", None, file) == 0
    assert capsys.readouterr().out.count("as found before") == 3
    # With no time left nothing begins, and that is told.
    monkeypatch.setattr(gpu_parts, "WHOLE", 1.0)
    file.unlink()
    assert gpu_parts.run("tiny", "cpu", None, file) == 0
    assert (
        "left out, 1 s being over: full, broken, slow, fine; run it again"
        in capsys.readouterr().out
    )


def test_time_is_over_whoever_catches_what(tmp_path: Path) -> None:
    def stubborn(found: dict[str, Any]) -> None:
        while True:
            try:
                time.sleep(5)
            except Exception:
                found["caught"] = True

    found = attempted(lambda: None, stubborn, 0.05)
    assert "left_out" in found and "caught" not in found


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "PyTorch sees no CUDA card here, so nothing was run"),
        (["--device", "cpu"], "the full size is for a card; add --size tiny"),
    ],
)
def test_what_cannot_be_run_is_told_in_a_line(
    arguments: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert gpu.main(arguments) == 1
    assert message in capsys.readouterr().err


def test_what_an_interpreter_lacks_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(
        gpu, "find_spec", lambda name: None if name in ("pydantic", "transformers") else real(name)
    )
    assert gpu.main(["--size", "tiny", "--device", "cpu"]) == 1
    said = capsys.readouterr().err
    assert f"{sys.executable} has no transformers and no pydantic, so nothing was run" in said


def test_parts_are_of_one_program_and_one_machine(tmp_path: Path) -> None:
    file, source = tmp_path / "found.json", tmp_path / "own.py"
    source.write_text("1")
    parts = Parts.of(file, "here", source)
    assert parts.do("one", lambda: {"value": 1}) == {"value": 1}
    again = Parts.of(file, "here", source)
    assert again.do("one", lambda: pytest.fail("it is there")) == {"value": 1}
    assert Parts.of(file, "elsewhere", source).found == {}
    source.write_text("2")
    assert Parts.of(file, "here", source).found == {}
    file.write_text("{half")
    assert Parts.of(file, "here", source).found == {}


def test_readme_says_what_was_measured_and_what_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(told, "ROOT", tmp_path)
    assert told.gpu_table() == "On a CUDA card (`python bench/gpu.py`): not run."
    parts = {
        "matrix products": {"float32": 51_234.5, "took": 1},
        "transcoders, 12 tokens, float32": {"seconds": 1.25, "active": 12_345, "card_gib": 20.04},
        "longest prompt, transcoders": {
            "seconds": 40,
            "tokens": 4096,
            "stopped": "8,192 tokens do not fit",
        },
        "neurons, 64 tokens, account off": {"left_out": "its 45 s were over"},
    }
    head = {"machine": "a card", "date": "2026-11-29", "commit": "abc", "parts": parts}
    (tmp_path / "bench").mkdir()
    (tmp_path / "bench" / "gpu.json").write_text(json.dumps(head))
    table = told.gpu_table()
    assert "| transcoders, 12 tokens, float32 | 1.25 s | 20.0 GiB | 12,345 active |" in table
    assert "4,096 tokens; 8,192 tokens do not fit" in table
    assert "| neurons, 64 tokens, account off | – |  | left out: its 45 s were over |" in table
    assert "| circuit-tracer | not run |" in table and "float32 51,234" in table
