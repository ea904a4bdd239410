"""`tracer doctor` says what is here, and what to do about each lack."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tracer.cli import doctor


def called(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Result:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TRACER_CACHE", str(folder / "cache"))
    return CliRunner().invoke(doctor.command)


def test_it_names_packages_device_memory_cache_and_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "site_src").mkdir()
    monkeypatch.setattr("tracer.model.memory_plan.free_bytes", lambda _: 2**34)
    result = called(tmp_path, monkeypatch)
    assert result.exit_code == 0, result.output
    for said in ("tracer", "torch", "device", "16.0 GiB free", "no model cached yet", "a gallery"):
        assert said in result.output
    assert "lack" not in result.output


def test_each_lack_has_a_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(name: str) -> str:
        if name == "gguf":
            raise PackageNotFoundError
        return version(name)

    monkeypatch.setattr(doctor, "version", lacking)
    monkeypatch.setattr(doctor, "_writable", lambda folder: folder == tmp_path)
    monkeypatch.setattr(doctor, "BROWSERS", ())
    monkeypatch.setattr("tracer.model.memory_plan.free_bytes", lambda _: 2**30)
    result = called(tmp_path, monkeypatch)
    assert result.exit_code == 1
    for said in (
        "pip install '.[trace]'",
        "the default model wants 2 GiB",
        "set TRACER_CACHE",
        "tracer init",
        "install chromium",
    ):
        assert f"→ {said}" in result.output or said in result.output.partition("→")[2]
