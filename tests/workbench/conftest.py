from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.tiny_models import PROMPT, save_tiny_model
from tests.workbench.loops import run
from tracer.workbench.asked import Asked
from tracer.workbench.desk import Session
from tracer.workbench.workbench import Workbench


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory, tiny: Path) -> Path:
    """A gallery whose list names the tiny model."""
    root = tmp_path_factory.mktemp("workbench") / "gallery"
    (root / "site_src").mkdir(parents=True)
    (root / "graphs").mkdir()
    defaults = f"defaults: {{model: '{tiny}'}}\n"
    entry = "graphs:\n  - slug: first\n    prompt: w1 w2\n"
    (root / "site_src" / "prompts.yaml").write_text(defaults + entry, encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def heard() -> list[dict[str, Any]]:
    return []


@pytest.fixture(scope="module")
def bench(gallery: Path, heard: list[dict[str, Any]]) -> Workbench:
    return Workbench(gallery, lambda kind, **what: heard.append({"kind": kind, **what}), painted=0)


@pytest.fixture(scope="module")
def asked(tiny: Path) -> Asked:
    return Asked(prompt=PROMPT, target=" w9", contrast=(" w2",), model=str(tiny))


@pytest.fixture(scope="module")
def session(bench: Workbench, asked: Asked) -> Session:
    async def traced() -> Session:
        found = await bench.trace(asked)
        await asyncio.gather(*bench._followed)  # what is silenced behind it
        return found

    return run(traced())
