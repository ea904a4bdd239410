"""Where a model fits is known from its files' headers, before anything is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.tiny_models import save_tiny_model
from tracer.errors import TracerError
from tracer.model import memory_plan
from tracer.model.files import ModelFiles, find_model
from tracer.model.load import load_model
from tracer.model.memory_plan import GIB, fitting_device, need_of

CPU, CUDA = torch.device("cpu"), torch.device("cuda")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> ModelFiles:
    return find_model(str(save_tiny_model(tmp_path_factory.mktemp("tiny"))))


def free(monkeypatch: pytest.MonkeyPatch, *, cpu: float, cuda: float = 0) -> None:
    room = {"cpu": cpu, "cuda": cuda}
    monkeypatch.setattr(memory_plan, "free_bytes", lambda device: int(room[device.type] * GIB))


def test_a_model_takes_its_numbers_times_their_width(files: ModelFiles) -> None:
    model = load_model(str(files.folder), device="cpu").causal_lm
    numbers = sum(one.numel() for one in model.parameters())
    assert need_of(files, "float32") == memory_plan.Need(4 * numbers, mapped=True)
    assert need_of(files, "fast") == need_of(files, "float32")
    assert need_of(files, "bf16") == memory_plan.Need(2 * numbers, mapped=False)


def test_what_fits_stays_where_it_was_asked_for(
    files: ModelFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    free(monkeypatch, cpu=4, cuda=4)
    for device in (CPU, CUDA):
        assert fitting_device(files, "auto", device, "float32") == (device, ())


def test_a_card_that_is_too_small_gives_way_to_the_cpu(
    files: ModelFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    free(monkeypatch, cpu=4, cuda=1)
    device, (told,) = fitting_device(files, "auto", CUDA, "float32")
    assert device == CPU and "1.0 GiB are free on cuda: traced on the CPU" in told
    with pytest.raises(TracerError, match=r"are free on cuda; use --device cpu.*bf16 takes half"):
        fitting_device(files, "cuda", CUDA, "float32")


def test_weights_that_are_mapped_may_be_larger_than_memory(
    files: ModelFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    free(monkeypatch, cpu=0)
    device, (told,) = fitting_device(files, "cpu", CPU, "float32")
    assert device == CPU and "read from disk again and again" in told
    with pytest.raises(TracerError, match=r"of memory in bf16, and 0\.0 GiB are free"):
        fitting_device(files, "cpu", CPU, "bf16")


def test_it_is_said_with_the_graph(files: ModelFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    free(monkeypatch, cpu=0)
    model = load_model(str(Path(files.folder)), device="cpu")
    assert any("read from disk" in one for one in model.notices)


def test_what_is_free_is_known_here() -> None:
    assert (memory_plan.free_bytes(CPU) or 0) > 0
