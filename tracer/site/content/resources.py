"""Templates and assets: a gallery's own before the checkout's before the packaged ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

from tracer.documents.enclosure import Names, names_in
from tracer.site.content.reading import files_below

Kind = Literal["templates", "assets"]

_PACKAGE = Path(__file__).parents[2]
_CHECKOUT = _PACKAGE.parent


def resource_folders(kind: Kind, gallery: Path) -> list[Path]:
    """The folders that hold resources of this kind, first one wins, file by file."""
    candidates = [gallery.resolve() / kind, _PACKAGE / f"_{kind}"]
    if (_CHECKOUT / "pyproject.toml").is_file():
        candidates.insert(1, _CHECKOUT / kind)
    return [folder for folder in dict.fromkeys(candidates) if folder.is_dir()]


def resource_files(
    kind: Kind, gallery: Path, names: Callable[[Path], Names] = names_in
) -> dict[str, Path]:
    """Path below the folder, with slashes -> the file that counts, in sorted order."""
    return files_in(resource_folders(kind, gallery), names)


def files_in(folders: Iterable[Path], names: Callable[[Path], Names] = names_in) -> dict[str, Path]:
    """The same of these folders."""
    found: dict[str, Path] = {}
    for folder in folders:
        for name in files_below(folder, names):
            found.setdefault(name, folder / name)
    return dict(sorted(found.items()))
