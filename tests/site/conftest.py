from __future__ import annotations

from pathlib import Path

import pytest

from tests.galleries import GalleryFolder, make_gallery


@pytest.fixture
def gallery(tmp_path: Path) -> GalleryFolder:
    return make_gallery(tmp_path / "gallery")
