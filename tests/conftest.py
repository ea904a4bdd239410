"""Fixtures that every test folder may use."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from tests.foreign_graphs import PUBLISHED, published_graph
from tracer.model.cache import models_folder

if "PYTEST_XDIST_WORKER" in os.environ:  # each worker has a core; read when torch is imported
    os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of graphs as others publish them: of 60, 415 and 694 nodes."""
    folder = tmp_path_factory.mktemp("published")
    for shape in PUBLISHED:
        graph = published_graph(shape)
        file = folder / f"{len(graph['nodes']):03}-nodes.json"
        file.write_text(json.dumps(graph, ensure_ascii=False), encoding="utf-8")
    return folder


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache of the session's own, also for the processes it starts. Of the person's cache it
    sees the models, so that the default one is fetched once, and nothing else."""
    models, folder = models_folder(), tmp_path_factory.mktemp("cache")
    models.mkdir(parents=True, exist_ok=True)
    (folder / "models").symlink_to(models.resolve())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRACER_CACHE", str(folder))
        yield folder


@pytest.fixture(autouse=True)
def _default_model(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """On first use one worker fetches the default model, and the others wait for it."""
    if request.node.get_closest_marker("model"):
        from tracer.model.default_model import prepare_default_model

        with FileLock(tmp_path_factory.getbasetemp().parent / "default-model.lock"):
            prepare_default_model()
