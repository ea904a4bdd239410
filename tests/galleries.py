"""A small gallery on disk, which a test may add to and break."""

from __future__ import annotations

from pathlib import Path

from tests.builders import make_graph


class GalleryFolder:
    """A gallery's folder; `write` takes paths below it."""

    def __init__(self, root: Path):
        self.root = root

    def write(self, path: str, text: str) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file


def make_gallery(root: Path) -> GalleryFolder:
    """One graph, `france-paris`, and nothing written about it."""
    make_graph().save(root / "graphs" / "france-paris" / "1.json")
    return GalleryFolder(root)
