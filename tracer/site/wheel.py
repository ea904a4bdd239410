"""The wheel of the tracer that runs, made anew from its own files: from where it is installed, or
from its checkout.

A gallery keeps it beside its texts, so that hosts install the very program its author used.

Put together here, for hatchling makes one only in a checkout, and the base install is without it.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from tracer.documents.files import read_bytes, read_text
from tracer.errors import TracerError

DISTRIBUTION = "tracer-gallery"
_PACKAGE = Path(__file__).parents[1]
_CHECKOUT = _PACKAGE.parent
_TAG = "py3-none-any"
_WHEEL = f"Wheel-Version: 1.0\nGenerator: tracer\nRoot-Is-Purelib: true\nTag: {_TAG}\n"
# A zip has a time for each file; with one that never changes, equal files make equal wheels.
_TIME = (2020, 2, 2, 0, 0, 0)
_MOST = 50_000_000


def own_wheel() -> tuple[str, bytes]:
    """Its file name and its bytes; equal sources give equal bytes.

    Raises TracerError where this tracer is not installed, so that it has no metadata.
    """
    installed = _installed()
    stem = f"{DISTRIBUTION.replace('-', '_')}-{installed.version}"
    files = {name: read_bytes(file, max_bytes=_MOST) for name, file in _package_files()}
    files |= {f"{stem}.dist-info/{name}": text for name, text in _metadata(installed).items()}
    record = f"{stem}.dist-info/RECORD"
    lines = [f"{name},{_digest(content)},{len(content)}" for name, content in sorted(files.items())]
    files[record] = "".join(f"{line}\n" for line in (*lines, f"{record},,")).encode()
    return f"{stem}-{_TAG}.whl", _zipped(files)


def needed() -> set[str]:
    """What the publishing half needs, by the normalised names of distributions."""
    lines = (line for line in _installed().requires or () if "extra ==" not in line)
    names = (match[0] for line in lines if (match := re.match(r"[\w.-]+", line)))
    return {re.sub(r"[-_.]+", "-", name).lower() for name in names}


def _installed() -> Distribution:
    try:
        return distribution(DISTRIBUTION)
    except PackageNotFoundError:
        raise TracerError(
            "this tracer was never installed, so no wheel can be made of it",
            hint="run `pip install .` in its folder",
        ) from None


def _package_files() -> Iterator[tuple[str, Path]]:
    """Name in the wheel -> file. A checkout's other folders take the places that its
    `pyproject.toml` gives them; an installed package has them there."""
    yield from _below(_PACKAGE, "tracer")
    project = _CHECKOUT / "pyproject.toml"
    if project.is_file():
        wheel = tomllib.loads(read_text(project))["tool"]["hatch"]["build"]["targets"]["wheel"]
        for source, place in wheel["force-include"].items():
            yield from _below(_CHECKOUT / source, place)


def _below(path: Path, place: str) -> Iterator[tuple[str, Path]]:
    if path.is_file():
        yield place, path
    for file in sorted(path.rglob("*")):
        inside = file.relative_to(path)
        hidden = any(part.startswith(".") or part == "__pycache__" for part in inside.parts)
        if file.is_file() and not hidden and file.suffix != ".pyc":
            yield f"{place}/{inside.as_posix()}", file


def _metadata(installed: Distribution) -> dict[str, bytes]:
    found = {"WHEEL": _WHEEL.encode()}
    for file in installed.files or ():
        _, inside, name = file.as_posix().partition(".dist-info/")
        if inside and (name in ("METADATA", "entry_points.txt") or name.startswith("licenses/")):
            found[name] = file.read_binary()
    return found


def _digest(content: bytes) -> str:
    plain = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode()
    return f"sha256={plain.rstrip('=')}"


def _zipped(files: dict[str, bytes]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        # The metadata stands last, as PEP 427 recommends.
        for name in sorted(files, key=lambda one: (".dist-info/" in one, one)):
            entry = zipfile.ZipInfo(name, _TIME)
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, files[name], zipfile.ZIP_DEFLATED, compresslevel=9)
    return whole.getvalue()
