"""`tracer doctor`: what is here, what is not, and what to do about each lack."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click

from tracer.cli.as_json import as_json, print_json
from tracer.cli.needs_tracing import PACKAGES

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
FEWEST_GIB = 2.0  # the default model's graphs take one and a half


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, what is there, and, of a lack, what to do."""

    what: str
    found: str
    remedy: str = ""
    needed: bool = True  # by tracing or publishing, not only by tests


@click.command("doctor")
@as_json
def command(as_json: bool) -> None:
    """Say what is installed, which device, memory, cache, write access and browser there is, and
    what to do about each lack. Status 1 where something that is needed is missing."""
    found = [*_packages(), *_device(), *_memory(), *_cache(), *_gallery(), *_browser()]
    width = max(len(one.what) for one in found)
    if as_json:
        print_json([{"mark": _mark(one), **asdict(one)} for one in found])
    for one in () if as_json else found:
        click.echo(f"{_mark(one):<4}  {one.what:<{width}}  {one.found}")
        if one.remedy:
            click.echo(f"      {'':<{width}}  → {one.remedy}")
    if any(one.remedy and one.needed for one in found):
        sys.exit(1)


def _mark(one: Finding) -> str:
    return "ok" if not one.remedy else "lack" if one.needed else "note"


def _packages() -> Iterator[Finding]:
    own = version("tracer-gallery")
    yield Finding("tracer", f"{own}, Python {'.'.join(map(str, sys.version_info[:3]))}")
    for name in PACKAGES:
        try:
            yield Finding(name, version(name))
        except PackageNotFoundError:
            remedy = "to trace: pip install '.[trace]' in a clone (README, Install)"
            yield Finding(name, "not installed", remedy, needed=False)


def _device() -> Iterator[Finding]:
    try:
        import torch
    except ImportError:
        return
    from tracer.model.load import choose_device
    from tracer.model.memory_plan import GIB, free_bytes

    device = choose_device()
    free = free_bytes(device)
    room = "" if free is None else f", {free / GIB:.1f} GiB free"
    if device.type == "cuda":
        yield Finding("device", f"cuda: {torch.cuda.get_device_name(device)}{room}")
    elif device.type == "mps":
        yield Finding("device", f"mps{room}")
    else:
        yield Finding("device", f"the CPU, {os.cpu_count()} cores")


def _memory() -> Iterator[Finding]:
    try:
        from tracer.model.memory_plan import GIB, free_bytes
    except ImportError:
        return
    import torch

    free = free_bytes(torch.device("cpu"))
    if free is None:
        yield Finding("memory", "this system does not tell")
        return
    lacks = free / GIB < FEWEST_GIB
    remedy = f"the default model wants {FEWEST_GIB:.0f} GiB: close other programs" if lacks else ""
    yield Finding("memory", f"{free / GIB:.1f} GiB free", remedy)


def _cache() -> Iterator[Finding]:
    try:
        from tracer.model.cache import cached_models, models_folder
    except ImportError:
        return
    folder = models_folder()
    names = [name for name, _ in cached_models()]
    room = f"{_free_disk(folder) / 2**30:.0f} GiB of disk free"
    held = f"models cached: {len(names)}" if names else "no model cached yet"
    remedy = "" if _writable(folder) else "set TRACER_CACHE to a folder you may write to"
    yield Finding("cache", f"{folder}: {held}, {room}", remedy)


def _gallery() -> Iterator[Finding]:
    here = Path.cwd()
    is_one = (here / "site_src").is_dir()
    what = "a gallery" if is_one else "no gallery (no site_src)"
    remedy, needed = "", True
    if not _writable(here):
        remedy = "go to a folder that you may write to"
    elif not is_one:
        remedy, needed = "begin one with `tracer init my-gallery`", False
    yield Finding("here", f"{here}: {what}", remedy, needed)


def _browser() -> Iterator[Finding]:
    chosen = next(filter(None, map(shutil.which, BROWSERS)), None)
    if chosen:
        yield Finding("browser", chosen)
    else:
        remedy = "only the tests need one: `make test` fetches it, or install chromium"
        yield Finding("browser", "none found", remedy, needed=False)


def _existing(folder: Path) -> Path:
    return next(one for one in (folder, *folder.parents) if one.exists())


def _free_disk(folder: Path) -> int:
    return shutil.disk_usage(_existing(folder)).free


def _writable(folder: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=_existing(folder)):
            return True
    except OSError:
        return False
