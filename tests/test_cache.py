"""Whoever runs the tests finds nothing of them in their own model cache."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tracer.model.default_model import ENTRY, prepare_default_model

REPOSITORY = Path(__file__).parents[1]
# Models and features whose identity is remembered, here and in processes that a test starts.
SOME = (
    "tests/model/test_load.py::test_identity_follows_content_not_place",
    "tests/features/test_layouts.py::test_identity_follows_content",
    "tests/batch/test_build_graphs.py::test_a_killed_run_leaves_only_whole_graphs",
    "tests/model/test_default_model.py::test_the_cache_holds_safetensors_and_no_quantisation",
)


@pytest.mark.model
@pytest.mark.slow
def test_a_session_leaves_nothing_in_the_persons_cache(tmp_path: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    (models / ENTRY).symlink_to(prepare_default_model())
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *SOME]
    environment = {**os.environ, "TRACER_CACHE": str(tmp_path)}
    done = subprocess.run(
        [*command, f"--basetemp={tmp_path.with_name('session')}"],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    assert [one.name for one in tmp_path.iterdir()] == ["models"]
    assert [one.name for one in models.iterdir()] == [ENTRY]
