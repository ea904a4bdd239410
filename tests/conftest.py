"""Fixtures that every test folder may use."""

from __future__ import annotations

import functools
import gc
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket

from tests.foreign_graphs import PUBLISHED, published_graph
from tracer.model.cache import models_folder
from tracer.site.pages import pages

if "PYTEST_XDIST_WORKER" in os.environ:  # each worker has a core; read when torch is imported
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# A shell's background job ignores Ctrl-C, and so would every command that a test asks to end.
signal.signal(signal.SIGINT, signal.default_int_handler)

# One file is one worker's (`--dist loadfile`): the long ones come first, so that none is begun
# when the others have nothing left to do.
LONG = (
    *("browser/test_xss", "test_torture", "browser/test_live", "browser/test_editing"),
    *("browser", "interventions/test_steered_pass", "batch/test_build_graphs", "test_readme"),
    *("features/test_transcoders", "features/test_fit", "test_packaging", "features", "batch"),
    *("attribution", "truth", "interventions", "cli", "test_hosting", "test_content", "model"),
    *("site/test_bad_input", "site/test_incremental", "site/test_starter"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> int:
        name = item.nodeid.removeprefix("tests/")
        return next((at for at, one in enumerate(LONG) if name.startswith(one)), len(LONG))

    items.sort(key=rank)


def pytest_collection() -> None:
    gc.disable()


def pytest_collection_finish() -> None:
    """What importing and collecting left, torch above all, stays: no collection looks through it
    again, neither Python's own nor a test's that asks what is still alive."""
    gc.freeze()
    gc.enable()


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


class _Compiled(BytecodeCache):
    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


@pytest.fixture(scope="session", autouse=True)
def _compiled_templates() -> Iterator[None]:
    """Each template is compiled once, not for every gallery that a test makes: two thirds of what
    building a small one costs. The cache knows a template by its file and its text."""
    with pytest.MonkeyPatch.context() as patch:
        compiled = functools.partial(Environment, bytecode_cache=_Compiled())
        patch.setattr(pages, "Environment", compiled)
        yield


@pytest.fixture(autouse=True)
def _default_model(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """On first use one worker fetches the default model, and the others wait for it."""
    if request.node.get_closest_marker("model"):
        from tracer.model.default_model import prepare_default_model

        with FileLock(tmp_path_factory.getbasetemp().parent / "default-model.lock"):
            prepare_default_model()
