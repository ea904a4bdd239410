"""What of the viewer's source is published, and what pages load ahead."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from tracer.site.content.assets import Assets, load_assets

ROOT = Path(__file__).parents[3]


def test_scripts_are_sent_without_comments_on_lines_of_their_own() -> None:
    files = load_assets(ROOT).files
    scripts = [name for name in files if re.match(r"(viewer|site)/.*\.js", name)]
    assert len(scripts) > 30
    for name in scripts:
        assert not re.search(r"^\s*(?:\*|//|/\*\*$)", files[name].decode(), re.MULTILINE), name


def test_a_text_that_goes_on_over_lines_keeps_its_blanks(tmp_path: Path) -> None:
    texts = {
        "long": "const a = `one\n\n  two`;\n",
        "nested": "const a = `${b((c) => `\n\n  ${c}`)}`;\n",
        "short": "if (a) {\n\n  b(`c${d({e})}`);\n}\n",
    }
    for name, text in texts.items():
        file = tmp_path / "assets" / "viewer" / f"{name}.js"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    files = load_assets(tmp_path).files
    assert {name: files[f"viewer/{name}.js"].decode() for name in texts} == texts | {
        "short": "if (a) {\nb(`c${d({e})}`);\n}\n"
    }


def test_licences_stay_in_what_others_wrote() -> None:
    assert load_assets(ROOT).files["vendor/d3.js"].startswith(b"// d3-")


@pytest.mark.parametrize("name", ["viewer/x.js", "site/x.js", "vendor/x.js"])
def test_only_lines_of_their_own_are_left_out(tmp_path: Path, name: str) -> None:
    text = '/** What\n * it is. */\nconst a = "//"; // why\n  // alone\n/* a */ b();\n'
    file = tmp_path / "assets" / name
    file.parent.mkdir(parents=True)
    file.write_text(text, "utf-8")
    sent = load_assets(tmp_path).files[name].decode()
    lean = 'const a = "//"; // why\n/* a */ b();\n'
    assert sent == (text if name.startswith("vendor/") else lean)


def test_what_is_imported_on_the_way_is_loaded_ahead_and_what_comes_later_is_not() -> None:
    modules = {
        "viewer/main.js": 'import { a } from "./a.js";\nawait import("./later.js");\n',
        "viewer/a.js": 'import {\n  b,\n  c,\n} from "../vendor/b.js";\n',
        "vendor/b.js": "export const b = 1;\n",
        "viewer/later.js": 'import { e } from "./e.js";\n',
        "viewer/e.js": "",
    }
    assets = Assets("assets/x/", {name: text.encode() for name, text in modules.items()})
    assert assets.viewer_modules == ["vendor/b.js", "viewer/a.js", "viewer/main.js"]


def test_what_a_graphs_page_fetches_unasked_is_within_its_budget() -> None:
    """As `bench/viewer.py` measures it: all modules until the page is whole, compressed."""
    assets = load_assets(ROOT)
    first = ("site/embedded.js", "site/story.js", "viewer/main.js", "viewer/panels/panels.js")
    sent = [gzip.compress(assets.files[one], 6) for one in assets.imported_by(*first)]
    assert sum(map(len, sent)) <= 80_000
