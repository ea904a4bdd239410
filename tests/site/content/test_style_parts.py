"""Style sheets, in parts on disk and one file on a page."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracer.errors import TracerError
from tracer.site.content.assets import load_assets

ROOT = Path(__file__).parents[3]
STYLES = ROOT / "assets" / "styles"


def published(gallery: Path, own: dict[str, str], sheet: str = "viewer") -> dict[str, str]:
    """A sheet and its parts, as a gallery with these styles of its own sends them."""
    for name, text in own.items():
        file = gallery / "assets" / "styles" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8", newline="")
    files = load_assets(gallery).files
    return {name: text.decode() for name, text in files.items() if f"styles/{sheet}" in name}


@pytest.mark.parametrize("sheet", ["site", "viewer"])
def test_a_sheet_is_one_file_that_holds_every_part_whole_and_in_order(
    tmp_path: Path, sheet: str
) -> None:
    files = published(tmp_path, {}, sheet)
    assert list(files) == [f"styles/{sheet}.css"]
    (text,) = files.values()
    assert "@import" not in text
    listed = (STYLES / f"{sheet}.css").read_text("utf-8").split('"')[1::2]
    assert {STYLES / name for name in listed} == set((STYLES / sheet).iterdir())
    parts = [(STYLES / name).read_text("utf-8") for name in listed]
    at = [text.index(part) for part in parts]
    assert at == sorted(at)
    assert text.count("\n") == sum(part.count("\n") + 1 for part in parts)  # a line between two


def test_a_gallery_may_replace_one_part_or_the_whole_sheet(tmp_path: Path) -> None:
    packaged = published(tmp_path / "none", {})["styles/viewer.css"]
    own = published(tmp_path / "part", {"viewer/editing.css": ".mine {}\n"})["styles/viewer.css"]
    editing = (STYLES / "viewer" / "editing.css").read_text("utf-8")
    assert own == packaged.replace(editing, ".mine {}\n")
    whole = published(tmp_path / "whole", {"viewer.css": ".all {}\n"})
    assert whole == {"styles/viewer.css": ".all {}\n"}


def test_a_part_of_the_pages_sheet_may_be_replaced_too(tmp_path: Path) -> None:
    packaged = published(tmp_path / "none", {}, "site")["styles/site.css"]
    own = published(tmp_path / "own", {"site/prose.css": ".mine {}\n"}, "site")["styles/site.css"]
    prose = (STYLES / "site" / "prose.css").read_text("utf-8")
    assert own == packaged.replace(prose, ".mine {}\n") != packaged


def test_a_sheet_of_ones_own_may_list_packaged_parts_and_own_ones(tmp_path: Path) -> None:
    sheet = "@import 'viewer/dialog.css';\r\n@import \"viewer/mine.css\";\n.all {}\n"
    own = published(tmp_path, {"viewer.css": sheet, "viewer/mine.css": ".mine {}\n"})
    dialog = (STYLES / "viewer" / "dialog.css").read_text("utf-8")
    assert own == {"styles/viewer.css": f"{dialog}.mine {{}}\n.all {{}}\n"}


def test_pictures_beside_parts_are_published(tmp_path: Path) -> None:
    assert "styles/viewer/dots.svg" in published(tmp_path, {"viewer/dots.svg": "<svg/>"})


def test_a_part_that_is_not_there_is_an_error_with_its_line(tmp_path: Path) -> None:
    sheet = '.all {}\n@import "viewer/edting.css";\n'
    said = r"viewer\.css:2: there is no style sheet `.*edting\.css`; did you mean .*/editing\.css`"
    with pytest.raises(TracerError, match=said):
        published(tmp_path, {"viewer.css": sheet})
