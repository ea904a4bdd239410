"""Pages load ahead what the viewer needs to start, and nothing else."""

from __future__ import annotations

from pathlib import Path

from tracer.site.assets import Assets, load_assets

ROOT = Path(__file__).parents[2]


def test_what_is_imported_on_the_way_is_loaded_ahead_and_what_comes_later_is_not() -> None:
    modules = {
        "viewer/main.js": 'import { a } from "./a.js";\nawait import("./later.js");\n',
        "viewer/a.js": 'import {\n  b,\n  c,\n} from "../vendor/b.js";\n'
        'export { d } from "./d.js";\n',
        "viewer/d.js": 'import { a } from "./a.js"; // a circle\n',
        "vendor/b.js": "export const b = 1;\n",
        "viewer/later.js": 'import { e } from "./e.js";\n',
        "viewer/e.js": "",
    }
    assets = Assets("assets/x/", {name: text.encode() for name, text in modules.items()})
    assert assets.viewer_modules == [
        "vendor/b.js",
        "viewer/a.js",
        "viewer/d.js",
        "viewer/main.js",
    ]


def test_the_viewers_own_modules_are_found() -> None:
    modules = load_assets(ROOT).viewer_modules
    assert {"vendor/d3.js", "viewer/graph.js", "viewer/link_graph.js"} <= set(modules)
    assert not {"viewer/share.js", "viewer/compare.js", "viewer/export_svg.js"} & set(modules)
