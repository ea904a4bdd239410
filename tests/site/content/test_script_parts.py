"""Scripts, in modules on disk and in few files on a page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tracer.errors import TracerError
from tracer.site.content.assets import load_assets
from tracer.site.content.script_parts import PACKS, packed

ROOT = Path(__file__).parents[3]
ASSETS = ROOT / "assets"


def test_a_first_visit_asks_for_three_files_and_the_panels_for_two_more() -> None:
    assets = load_assets(ROOT)
    first = {"vendor/d3.js", "viewer/main.js", "viewer/start.js"}
    assert set(assets.viewer_modules) == first
    panels = assets.imported_by("viewer/main.js", "viewer/panels/panels.js")
    assert set(panels) - first == {"viewer/panels/panels.js", "viewer/panels/parts.js"}


def test_each_module_is_sent_once_and_whole() -> None:
    files = load_assets(ROOT).files
    own = {path.relative_to(ASSETS).as_posix(): path for path in (ASSETS / "viewer").rglob("*.js")}
    sent = {name: text.decode() for name, text in files.items() if name.startswith("viewer/")}
    assert {name for name in sent if name not in own} == set(PACKS)
    assert len(own) - len(sent) > 40
    packs = "".join(sent[pack] for pack in PACKS)
    for name, path in own.items():
        body = "\n".join(_code(path.read_text("utf-8")))
        texts = [sent[name]] if name in sent else [packs]
        assert [text.count(body) for text in map(_joined, texts)] == [1], name


def _joined(sent: str) -> str:
    return "\n".join(_code(sent))


def _code(text: str) -> list[str]:
    """Its lines, but for imports, comments and how it is told that something is exported."""
    text = re.sub(r"""^import [^;]*? from "[^"]*";$""", "", text, flags=re.MULTILINE)
    text = re.sub(r"""\bimport\("[^"]*"\)(\.then\(\(all\) => all\.\w+\))?""", "import()", text)
    lines = (line.strip() for line in text.splitlines())
    return [
        line.removeprefix("export ")
        for line in lines
        if not re.match(r"(?:/?\*|//|$|const \{.*\} = \w+;$|return \{.*\};$)", line)
    ]


@pytest.mark.parametrize(
    "line", ["export default 3;", 'export * from "./b.js";', 'import b from "./b.js";']
)
def test_a_form_that_cannot_be_joined_is_named_with_its_line(tmp_path: Path, line: str) -> None:
    file = tmp_path / "assets" / "viewer" / "page" / "dom.js"
    file.parent.mkdir(parents=True)
    file.write_text(f"// mine\nexport const make = 1;\n{line}\n", "utf-8")
    with pytest.raises(TracerError) as caught:
        load_assets(tmp_path)
    assert str(caught.value).startswith(f"{file}:3: `{line}` cannot be joined")
    assert 'write `import { name } from "./file.js";`' in str(caught.value)


def test_modules_that_import_each_other_are_named() -> None:
    scripts = {
        "viewer/main.js": 'import { a } from "./a.js";\n',
        "viewer/a.js": 'import { b } from "./b.js";\nexport const a = 1;\n',
        "viewer/b.js": 'import { a } from "./a.js";\nexport const b = 1;\n',
    }
    circle = "viewer/a.js → viewer/b.js → viewer/a.js"
    with pytest.raises(TracerError, match=f"import each other in a circle: {circle}"):
        packed(scripts, {})


def test_a_gallerys_own_script_imports_a_module_from_its_pack(tmp_path: Path) -> None:
    mine = tmp_path / "assets" / "mine" / "page.js"
    mine.parent.mkdir(parents=True)
    mine.write_text(
        '  // mine\nimport { make } from "../viewer/page/dom.js";\nmake("p");\n', "utf-8"
    )
    assert load_assets(tmp_path).files["mine/page.js"].decode() == (
        '  // mine\nimport { page_dom } from "../viewer/start.js";\n'
        'const { make } = page_dom;\nmake("p");\n'
    )
