"""Whatever stands in a file people write: one clear error at its place, or harmless text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import parse

import pytest

from tests.builders import make_graph
from tests.galleries import GalleryFolder
from tracer.documents.prompts import load_prompts
from tracer.errors import TracerError
from tracer.site.build import build
from tracer.site.building.building import Building
from tracer.site.check import check

HOSTILE = '"><img src=x onerror=alert(1)><script>alert(1)</script>{{ 7*7 }}<style>*{}</style>'
BOMB = "a: &a [x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
FIGURE = "::: circuit france-paris\n"
YAML_FILES = [
    "site_src/site.yaml",
    "site_src/prompts.yaml",
    "site_src/annotations/france-paris.yaml",
    "site_src/labels/tiny.neurons.yaml",
]
TEXT_FILES = ["site_src/write-ups/france-paris.md", "site_src/pages/about.md"]


def errors(gallery: GalleryFolder) -> list[str]:
    found = [one.problem for one in check(gallery.root) if one.level == "error"]
    return [str(problem).replace(f"{gallery.root}/", "") for problem in found]


def refused(gallery: GalleryFolder) -> str:
    """The one error; a build stops at the same, and leaves nothing behind."""
    (message,) = errors(gallery)
    with pytest.raises(TracerError) as caught:
        build(gallery.root, gallery.root / "public")
    assert message in str(caught.value).replace(f"{gallery.root}/", "")
    assert not (gallery.root / "public").exists()
    assert not list(gallery.root.glob(".public*"))
    return message


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def elements(gallery: GalleryFolder) -> Iterator[tuple[str, dict[str, str | None]]]:
    """Every element of every page."""
    for file in (gallery.root / "public").rglob("*.html"):
        reader = _Elements()
        reader.feed(file.read_text())
        yield from reader.found


def assert_harmless(gallery: GalleryFolder) -> None:
    for tag, attributes in elements(gallery):
        assert tag not in ("img", "style", "iframe")
        assert tag != "script" or "src" in attributes
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        for name in ("href", "src"):
            assert not re.match(r"\s*(javascript|data|vbscript):", attributes.get(name) or "", re.I)


def test_markup_in_everything_people_write_stays_text(gallery: GalleryFolder) -> None:
    quoted = json.dumps(HOSTILE)
    gallery.write(
        "site_src/site.yaml",
        f"title: {quoted}\ndescription: {quoted}\nlicence: {quoted}\n"
        f"authors: [{{name: {quoted}, url: 'https://example.org'}}]\n"
        f"navigation: [{{title: {quoted}, to: about/}}]\n",
    )
    front = f"---\ntitle: {quoted}\nsummary: {quoted}\nauthors: [{quoted}]\n"
    front += f"tags: [{json.dumps(HOSTILE[:50])}]\n---\n"
    for path in TEXT_FILES:
        gallery.write(
            path, f"{front}{HOSTILE}\n\n## {HOSTILE}\n\n::: circuit france-paris\n{HOSTILE}\n"
        )
    label = f"{{text: {quoted}, by: {quoted}, note: {quoted}}}"
    gallery.write(
        "site_src/annotations/france-paris.yaml",
        f'labels:\n  "1_3": {label}\n'
        f'groups:\n  g: {{name: {quoted}, nodes: ["1_9"], by: {quoted}, note: {quoted}}}\n'
        f"counterpoints: [{{name: {quoted}, date: 2026-01-01, text: {quoted}}}]\n",
    )
    gallery.write("site_src/labels/tiny.neurons.yaml", f'labels:\n  "0_7": {label}\n')
    assert errors(gallery) == []
    build(gallery.root, gallery.root / "public")
    assert_harmless(gallery)
    assert "49" not in re.findall(r"\b49\b", (gallery.root / "public/about/index.html").read_text())


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "&#106;avascript:alert(1)", "vbscript:x"]
)
def test_links_that_run_stay_text(gallery: GalleryFolder, link: str) -> None:
    text = f"[a]({link}) ![b]({link}) <{link}>\n\n[c]: {link}\n\n[c]\n"
    for path in TEXT_FILES:
        gallery.write(path, text)
    gallery.write(
        "site_src/annotations/france-paris.yaml",
        f'labels: {{"1_3": {{text: x, note: {json.dumps(text)}}}}}\n',
    )
    build(gallery.root, gallery.root / "public")
    assert_harmless(gallery)


@pytest.mark.parametrize(
    "text",
    [
        "navigation: [{title: a, to: 'javascript:alert(1)'}]",
        "authors: [{name: a, url: 'javascript:alert(1)'}]",
        "repository: 'javascript:alert(1)'",
        "base_url: 'data:text/html,x'",
    ],
)
def test_settings_take_no_address_that_runs(gallery: GalleryFolder, text: str) -> None:
    gallery.write("site_src/site.yaml", text)
    assert re.match(r"site_src/site\.yaml:1:\d+: ", refused(gallery))


@pytest.mark.parametrize(
    "slug", ["../../x", "a/b", "..", "a\\b", "/etc/passwd", "a%2fb", "CON", "ü"]
)
def test_a_slug_that_is_a_path_is_refused(gallery: GalleryFolder, slug: str) -> None:
    prompts = f"graphs:\n  - {{slug: {json.dumps(slug)}, prompt: x}}\n"
    file = gallery.write("site_src/prompts.yaml", prompts)
    with pytest.raises(TracerError, match=r"prompts\.yaml:2:12: .*a slug is lower-case words"):
        load_prompts(file)
    gallery.write("site_src/prompts.yaml", "")
    (gallery.root / "site_src" / "prompts.yaml").unlink()
    gallery.write("site_src/pages/about.md", f"::: circuit {slug}\n")
    assert "there is no graph" in refused(gallery)


@pytest.mark.parametrize("path", ["../../../secret.html", "/etc/passwd", "../secret.html"])
def test_a_template_includes_nothing_from_elsewhere(gallery: GalleryFolder, path: str) -> None:
    gallery.write("secret.html", "the secret")
    gallery.write("templates/404.html", f'{{% include "{path}" %}}')
    assert "404.html" in refused(gallery)


@pytest.mark.parametrize("path", YAML_FILES)
def test_an_alias_bomb_is_refused_at_its_first_alias(gallery: GalleryFolder, path: str) -> None:
    gallery.write(path, BOMB)
    assert re.search(rf"{re.escape(path)}:2:8: an alias .* is not allowed here", refused(gallery))


@pytest.mark.parametrize("path", TEXT_FILES)
def test_an_alias_bomb_in_front_matter_too(gallery: GalleryFolder, path: str) -> None:
    gallery.write(path, f"---\n{BOMB}---\nx\n")
    assert re.search(rf"{re.escape(path)}:3:8: an alias", refused(gallery))


@pytest.mark.parametrize("path", [*YAML_FILES, *TEXT_FILES])
@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_another_encoding_is_told_with_its_line(
    gallery: GalleryFolder, path: str, encoding: str
) -> None:
    file = gallery.write(path, "")
    file.write_bytes("# one\n# Größe\n".encode(encoding))
    line = 2 if encoding == "latin-1" else 1
    assert re.search(rf"{re.escape(path)}:{line}: byte 0x.. is not UTF-8; save", refused(gallery))


def test_the_line_ends_of_another_system_change_nothing(
    gallery: GalleryFolder, tmp_path: Path
) -> None:
    gallery.write("site_src/site.yaml", "title: T\n")
    gallery.write(
        TEXT_FILES[0],
        "---\ntitle: T\n---\na\n\n| b |\n|---|\n| $c$ |\n\n" + FIGURE + "d\n",
    )
    gallery.write("site_src/annotations/france-paris.yaml", 'labels:\n  "1_3":\n    text: x\n')
    build(gallery.root, tmp_path / "one")
    for file in (gallery.root / "site_src").rglob("*.*"):
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    build(gallery.root, tmp_path / "two")
    pages = sorted(p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*.html"))
    assert pages
    for page in pages:
        # The file for editing holds the annotations as written, so its name differs.
        one, two = (
            re.sub(rb' data-edit="[^"]*"', b"", (tmp_path / side / page).read_bytes())
            for side in ("one", "two")
        )
        assert one == two


def test_a_mistake_keeps_its_place_with_such_line_ends(gallery: GalleryFolder) -> None:
    file = gallery.write(TEXT_FILES[0], "")
    file.write_bytes(b"---\r\ntitle: T\r\n---\r\na\r\n\r\nb [x](node:9_9_9)\r\n")
    assert f"{TEXT_FILES[0]}:6:7: " in refused(gallery)


@pytest.mark.parametrize("sign", ["x", "[", "*", "`", "$", "(", "![](", "_", "<", "&"])
def test_a_very_long_line_is_read_in_time_and_loses_nothing(
    gallery: GalleryFolder, sign: str
) -> None:
    gallery.write("site_src/pages/about.md", f"a {sign * 10_000} end\n")
    found = errors(gallery)
    if not found:
        build(gallery.root, gallery.root / "public")
        assert "end" in (gallery.root / "public" / "about" / "index.html").read_text()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("site_src/annotations/france-paris.yaml", 'labels: {"1_3": {text: X}}'),
        ("site_src/site.yaml", "title: X"),
        ("site_src/pages/about.md", "---\ntitle: X\n---\n"),
    ],
)
def test_a_name_of_a_million_letters_is_refused_in_few_words(
    gallery: GalleryFolder, path: str, text: str
) -> None:
    gallery.write(path, text.replace("X", "x" * 1_000_000))
    message = refused(gallery)
    assert message.startswith(f"{path}:") and "at most" in message
    assert len(message) < 300


def test_a_file_too_large_is_refused(gallery: GalleryFolder) -> None:
    gallery.write("site_src/pages/about.md", "x\n" * 3_000_000)
    assert "6,000,000 bytes is more than the" in refused(gallery)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("site_src/write-ups/france-paris.markdown", "only `.md` files belong here; name it"),
        ("site_src/annotations/france-paris.yml", "only `.yaml` files belong here; name it"),
        ("site_src/labels/tiny.neurons.yml", "only `.yaml` files belong here; name it"),
        ("site_src/write-ups/France-Paris.md", "there is no graph `France-Paris`; did you mean"),
        ("site_src/annotations/FRANCE-PARIS.yaml", "there is no graph `FRANCE-PARIS`"),
        ("site_src/pages/About.md", "a slug is lower-case words"),
    ],
)
def test_two_files_for_one_slug_or_names_that_differ_in_capitals(
    gallery: GalleryFolder, path: str, message: str
) -> None:
    gallery.write("site_src/pages/about.md", "x\n")
    gallery.write(path, "")
    assert message in refused(gallery)


def test_a_graphs_folder_in_capitals(gallery: GalleryFolder) -> None:
    make_graph().save(gallery.root / "graphs" / "France-Paris" / "1.json")
    assert "graphs/France-Paris: a slug is lower-case words" in refused(gallery)


def test_a_slug_on_the_list_twice(gallery: GalleryFolder) -> None:
    gallery.write(
        "site_src/prompts.yaml",
        "graphs:\n  - {slug: france-paris, prompt: x}\n  - {slug: france-paris, prompt: y}\n",
    )
    assert "prompts.yaml:3:12: the slug `france-paris` is used twice" in refused(gallery)


def test_an_output_that_cannot_be_written_leaves_the_old_site(
    gallery: GalleryFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = gallery.root / "public"
    build(gallery.root, out)
    before = {file: file.read_bytes() for file in out.rglob("*") if file.is_file()}
    gallery.write("site_src/pages/about.md", "x\n")
    write = Building.write

    def read_only(building: Building, path: str, content: bytes) -> Any:
        if path == "about/index.html":
            raise PermissionError(13, "Permission denied", path)
        return write(building, path, content)

    monkeypatch.setattr(Building, "write", read_only)
    with pytest.raises(TracerError, match=r"cannot be written: Permission denied; check the fold"):
        build(gallery.root, out)
    assert {file: file.read_bytes() for file in out.rglob("*") if file.is_file()} == before
    assert [one.name for one in gallery.root.iterdir() if one.name.endswith(".tmp")] == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"weight": ', '"weight": NaN, "was": ', "NaN is not a number that JSON has"),
        ('"weight": ', '"weight": 1e999, "was": ', "the number 1e999 is too large"),
        ('"weight": ', f'"weight": {"9" * 5000}, "was": ', "more than 4,300 digits"),
        ('"weight": ', f'"weight": {"[" * 900}, "was": ', "nested too deeply"),
        ('"clerp": "', r'"clerp": "\ud800', "half a surrogate pair"),
        ('"node_id": ', '"ctx_idx": 0, "node_id": ', "the key `ctx_idx` stands a second time"),
    ],
)
def test_a_graph_that_browsers_cannot_read_is_refused(
    gallery: GalleryFolder, old: str, new: str, words: str
) -> None:
    """By check and build as by import: `NaN` was published."""
    file = gallery.root / "graphs" / "france-paris" / "1.json"
    file.write_text(file.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    message = refused(gallery)
    assert re.match(r"graphs/france-paris/1\.json:\d+:\d+: ", message)
    assert words in message
    assert len(message) < 300


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("layer", "9" * 5000, "a layer is a number or `E`"),
        ("layer", "٣", "a layer is a number or `E`"),
        ("clerp", "x" * 10_000_000, "at most 100000 characters"),
        ("node_id", "x" * 10_000_000, "at most 1000 characters"),
    ],
)
def test_a_graph_with_an_endless_name_is_refused(
    gallery: GalleryFolder, field: str, value: str, words: str
) -> None:
    file = gallery.root / "graphs" / "france-paris" / "1.json"
    data = json.loads(file.read_text(encoding="utf-8"))
    data["nodes"][0][field] = value
    file.write_text(json.dumps(data), encoding="utf-8")
    message = refused(gallery)
    assert words in message
    assert len(message) < 1500


def test_a_token_of_ten_megabytes_is_refused(gallery: GalleryFolder) -> None:
    file = gallery.root / "graphs" / "france-paris" / "1.json"
    data = json.loads(file.read_text(encoding="utf-8"))
    data["metadata"]["prompt_tokens"][0] = "x" * 10_000_000
    file.write_text(json.dumps(data), encoding="utf-8")
    assert "metadata.prompt_tokens.0: String should have at most 10000" in refused(gallery)


@pytest.mark.slow
def test_a_hundred_thousand_unknown_keys_are_one_line(gallery: GalleryFolder) -> None:
    text = "".join(f"k{number}: 1\n" for number in range(100_000))
    gallery.write("site_src/annotations/france-paris.yaml", text)
    assert refused(gallery).endswith("`k9`, and 99,990 more")


@pytest.mark.parametrize("character", ["\0", "\x01", "\x1b", "\x7f", "\ufffe", "\u202e", "\u2028"])
def test_any_character_of_a_token_is_published(gallery: GalleryFolder, character: str) -> None:
    """Vocabularies have tokens of single bytes; pictures and feeds are XML, which has not."""
    file = gallery.root / "graphs" / "france-paris" / "1.json"
    data = json.loads(file.read_text(encoding="utf-8"))
    metadata = data["metadata"]
    metadata["prompt_tokens"][1] = character
    metadata["prompt"] += character
    for node in data["nodes"]:
        node["clerp"] = f"a {character} b"
    file.write_text(json.dumps(data), encoding="utf-8")
    gallery.write("site_src/site.yaml", "title: A gallery\nbase_url: https://example.org\n")
    build(gallery.root, gallery.root / "public")
    assert not errors(gallery)
    for feed in (gallery.root / "public").glob("*.xml"):
        parse(feed)
