"""The folder where downloaded and converted models are kept."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tracer.documents.temporary_files import temporary_folder
from tracer.errors import Place, TracerError
from tracer.model.checkpoint import lacking


def cache_folder() -> Path:
    """`$TRACER_CACHE`, else the platform's cache folder + `/tracer`."""
    chosen = os.environ.get("TRACER_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    from platformdirs import user_cache_path  # not asked for by a model that is in memory

    return user_cache_path("tracer", appauthor=False)


def models_folder() -> Path:
    return cache_folder() / "models"


@contextmanager
def new_entry(final: Path) -> Iterator[Path]:
    """A scratch folder that becomes `final` when the block ends well, and is removed otherwise.

    Raises TracerError when the cache cannot be written.
    """
    with contextlib.ExitStack() as stack:
        try:
            final.parent.mkdir(parents=True, exist_ok=True)
            scratch = stack.enter_context(temporary_folder(final))
        except OSError as error:
            raise TracerError(
                f"the model cache cannot be written: {error.strerror or error}",
                hint="set TRACER_CACHE to a folder you may write to",
                place=Place(final.parent),
            ) from error
        yield scratch
        scratch.chmod(0o755)
        scratch.rename(final)


def cached_models() -> list[tuple[str, int]]:
    """Name and size in bytes of every whole model: ours, and those in the hub's own cache."""
    entries = []
    if models_folder().is_dir():
        for folder in sorted(models_folder().iterdir()):
            if not folder.name.startswith("."):
                size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
                entries.append((folder.name.split(".")[0], size))
    return entries + _hub_models()


def _hub_models() -> list[tuple[str, int]]:
    try:
        from huggingface_hub import constants, scan_cache_dir
        from huggingface_hub.errors import CacheNotFound
    except ImportError:
        return []
    try:
        repos = scan_cache_dir(constants.HF_HUB_CACHE).repos
    except CacheNotFound:
        return []
    models = [one for one in repos if one.repo_type == "model"]
    return sorted((one.repo_id, one.size_on_disk) for one in models if _is_whole(one))


def _is_whole(repo: Any) -> bool:
    """Whether a model's every file is there at some revision; the rest are parts, or features."""
    for revision in repo.revisions:
        with suppress(TracerError):
            if not lacking(revision.snapshot_path):
                return True
    return False
