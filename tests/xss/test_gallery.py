"""The corpus settles on what a gallery may say, whatever it was given."""

from __future__ import annotations

from pathlib import Path

from tests.xss.gallery import HostileGallery
from tests.xss.texts import Block, kept
from tracer.site.check import check


def test_a_key_goes_with_all_that_it_holds_and_lines_keep_their_numbers() -> None:
    one = (0, "x")
    blocks: list[Block] = [
        ("", None, "graphs:"),
        ("", None, "  - slug: a"),
        ("", None, "    tags:"),
        ("", None, "\n"),
        ("", None, "authors:"),
        ("", None, ""),
        ("", None, "navigation:"),
        ("navigation", one, "  - {title: x, to: y/}"),
    ]
    held = ["graphs:", "  - slug: a", "", "\n", "", "", "navigation:", "  - {title: x, to: y/}"]
    assert kept(blocks) == held
    assert kept(blocks[2:6]) == ["", "\n", "", ""]


def test_texts_that_no_file_may_hold_leave_a_gallery_that_builds(tmp_path: Path) -> None:
    gallery = HostileGallery(tmp_path / "gallery", [(7, "\0<script>ran(7)</script>")])
    gallery.write()
    settings = (gallery.root / "site_src" / "site.yaml").read_text(encoding="utf-8")
    assert "authors:" not in settings and "navigation:" not in settings
    assert (7, "site: author") in gallery.placed.refused
    assert (7, "graph: token") in gallery.placed.pairs
    assert not [one for one in check(gallery.root) if one.level == "error"]
