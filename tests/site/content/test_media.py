"""What `site_src/files/` publishes, and how drawings are written anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.galleries import GalleryFolder
from tests.hostile_drawings import hostile_drawings
from tracer.errors import Problems, TracerError
from tracer.site.build import build
from tracer.site.check import check
from tracer.site.content.drawing import safe_drawing

NS = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
PNG = b"\x89PNG\r\n\x1a\n"
RUNNING = "html htm xhtml xht shtml xml xsl xslt rss atom svgz mhtml mht js mjs css wasm swf"
RUNNING += " jar hta htc php exe"
FILE = Path("a.svg")


def put(gallery: GalleryFolder, name: str, content: bytes) -> None:
    file = gallery.root / "site_src" / "files" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    gallery.write("site_src/pages/about.md", f"[x](<../files/{name}>)\n")


def refusal(gallery: GalleryFolder) -> str:
    """The one error, of `check` and of `build`."""
    found = [one.problem for one in check(gallery.root) if one.level == "error"]
    (problem,) = [one for one in found if one.place and "/files/" in str(one.place)]
    with pytest.raises(Problems) as caught:
        build(gallery.root, gallery.root / "public")
    assert str(problem) in str(caught.value)
    return str(problem)


@pytest.mark.parametrize("kind", [*RUNNING.split(), "HTML", "Svgz"])
def test_types_that_browsers_run_are_refused(gallery: GalleryFolder, kind: str) -> None:
    put(gallery, f"a.{kind}", b"x")
    assert f"`.{kind.lower()}` files are not published from here; " in refusal(gallery)


def test_a_file_without_a_type_is_refused(gallery: GalleryFolder) -> None:
    put(gallery, "README", b"<script>alert(1)</script>")
    assert "it has no type; put it into a .zip, or choose one of: avif, " in refusal(gallery)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.png", b"<script>alert(1)</script>"),
        ("a.pdf", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("a.gif", PNG),
        ("a.csv", b"\xef\xbb\xbf \n<script>alert(1)</script>"),
        ("a.json", "<html>".encode("utf-16")),
    ],
)
def test_markup_under_another_name_is_refused(
    gallery: GalleryFolder, name: str, content: bytes
) -> None:
    put(gallery, name, content)
    assert "this is" in refusal(gallery)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.png", PNG + b"..."),
        ("a.PDF", b"%PDF-1.7 ..."),
        ("a.csv", b"a,b\n1,<2>\n"),
        ("a.txt", b"<p>shown as it is</p>"),
        ("a.mp4", b"\0\0\0\x20ftypisom"),
        ("a.bib", "@book{é}".encode()),
    ],
)
def test_the_rest_is_published_as_it_is(gallery: GalleryFolder, name: str, content: bytes) -> None:
    put(gallery, name, content)
    build(gallery.root, gallery.root / "public")
    assert (gallery.root / "public" / "files" / name).read_bytes() == content


def test_a_drawing_is_published_without_what_is_not_drawn(gallery: GalleryFolder) -> None:
    editors = 'xmlns:ink="urn:inkscape" ink:version="1"'
    own = "<!-- mine --><metadata>C:\\home\\me</metadata><ink:view/>"
    link = '<a xlink:href="https://example.org/"><text>a<tspan>b</tspan><tspan>c</tspan></text></a>'
    put(gallery, "a.svg", f"<svg {NS} {editors}>{own}{link}</svg>".encode("utf-16"))
    build(gallery.root, gallery.root / "public")
    assert (gallery.root / "public" / "files" / "a.svg").read_text(encoding="utf-8") == (
        "<?xml version='1.0' encoding='utf-8'?>\n"
        '<svg xmlns="http://www.w3.org/2000/svg">'
        "<a><text>a<tspan>b</tspan><tspan>c</tspan></text></a></svg>"
    )


def test_what_plotting_programs_write_keeps_its_looks() -> None:
    drawing = f"""<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "svg11.dtd"><svg {NS}>
    <style type="text/css">*{{stroke-linejoin: round; fill: url('#g')}}</style>
    <defs><path id="m" d="M 0 0 L 0 3"/><clipPath id="p"><rect width="3"/></clipPath></defs>
    <g clip-path="url(#p)" style="fill: url('#g')"><use xlink:href="#m" x="7"/></g>
    <text xml:space="preserve" paint-order="stroke" aria-label="a\\b"> a  b</text>
    <image xlink:href="data:image/png;base64,iVBORw0KGgo=" width="1"/></svg>"""
    written = safe_drawing(drawing.encode(), FILE).decode()
    for part in [
        "stroke-linejoin: round",
        'clip-path="url(#p)"',
        "fill: url(#g)",
        '<use href="#m" x="7" />',
        'xml:space="preserve"',
        'paint-order="stroke"',
        'aria-label="a\\b"',
        "> a  b</text>",
        'href="data:image/png;base64,iVBORw0KGgo="',
    ]:
        assert part in written, (part, written)
    assert safe_drawing(written.encode(), FILE).decode() == written


@pytest.mark.parametrize("name", sorted(hostile_drawings().keys() - {"style-sheet"}))
def test_what_runs_or_loads_is_refused_in_one_line(name: str) -> None:
    with pytest.raises(TracerError) as caught:
        safe_drawing(hostile_drawings()[name], FILE)
    assert str(caught.value).startswith("a.svg:") and "\n" not in str(caught.value)


def test_an_order_to_load_a_style_sheet_is_left_out() -> None:
    assert b"canary" not in safe_drawing(hostile_drawings()["style-sheet"], FILE)


def test_a_drawing_that_would_lose_a_part_is_refused() -> None:
    with pytest.raises(TracerError, match="`<hatch>` is not published in drawings; save it"):
        safe_drawing(f"<svg {NS}><hatch/></svg>".encode(), FILE)


@pytest.mark.parametrize(
    "body",
    ["<g>" * 50_000 + "</g>" * 50_000, "<g/>" * 200_000, "<g>" * 10, "x" * 5_000_001, "\0"],
    ids=["deep", "many", "open", "long", "nul"],
)
def test_a_drawing_of_any_size_is_judged_at_once(body: str) -> None:
    with pytest.raises(TracerError, match=r": more than|not a drawing|bytes is more"):
        safe_drawing(f"<svg {NS}>{body}</svg>".encode(), FILE)
