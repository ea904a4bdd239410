"""What a site tells search engines, feed readers, other sites and its host."""

from __future__ import annotations

import datetime
import re
import shutil
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree as Xml

import pytest
from resvg import usvg

from tests.builders import make_graph
from tests.galleries import GalleryFolder
from tests.site.test_build import contents
from tracer.documents.front_matter import FrontMatter
from tracer.documents.prompts import ChatTurn
from tracer.documents.site_config import SiteConfig
from tracer.errors import TracerError
from tracer.site.build import build
from tracer.site.graph.summary import Summary
from tracer.site.pages.feeds import atom
from tracer.site.pages.hosting import headers
from tracer.site.pages.policy import POLICY

TOKENS = Path(__file__).parents[2] / "assets" / "styles" / "tokens.css"
ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture
def made(gallery: GalleryFolder) -> dict[str, bytes]:
    gallery.write(
        "site_src/site.yaml", "title: A <b> & c\nbase_url: https://example.org/sub\nlanguage: en\n"
    )
    gallery.write(
        "site_src/write-ups/france-paris.md",
        "---\ntitle: Paris < Rome\ndate: 2024-02-03\nauthors: [Ann]\ntags: [city]\n---\nx\n",
    )
    gallery.write("site_src/pages/news.md", "---\ndate: 2024-03-01\n---\nx\n")
    gallery.write("site_src/pages/about.md", "x\n")
    make_graph().save(gallery.root / "graphs" / "france-paris" / "2.json")
    build(gallery.root, gallery.root / "public")
    return contents(gallery.root / "public")


def test_the_feed_lists_dated_pages_newest_first(made: dict[str, bytes]) -> None:
    feed = Xml.fromstring(made["feed.xml"])
    assert feed.findtext(f"{ATOM}title") == "A <b> & c"
    assert feed.findtext(f"{ATOM}updated") == "2024-03-01T00:00:00Z"
    news, graph = feed.findall(f"{ATOM}entry")
    assert news.findtext(f"{ATOM}id") == "https://example.org/sub/news/"
    assert graph.findtext(f"{ATOM}title") == "Paris < Rome"
    assert graph.findtext(f"{ATOM}author/{ATOM}name") == "Ann"
    link = graph.find(f"{ATOM}link")
    assert link is not None
    assert link.get("href") == "https://example.org/sub/graphs/france-paris/"
    for entry in (feed, news, graph):  # RFC 4287, 4.1
        assert all(entry.findtext(f"{ATOM}{name}") for name in ("id", "title", "updated"))


def test_a_day_to_come_is_in_neither_feed_nor_sitemap_until_it_comes(
    gallery: GalleryFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    gallery.write("site_src/site.yaml", "base_url: https://example.org\n")
    gallery.write("site_src/pages/news.md", "---\ndate: 2024-03-01\n---\nx\n")
    gallery.write("site_src/pages/later.md", "---\ndate: 2099-05-05\n---\nx\n")
    out = gallery.root / "public"
    build(gallery.root, out)
    feed = Xml.fromstring((out / "feed.xml").read_bytes())
    assert feed.findtext(f"{ATOM}updated") == "2024-03-01T00:00:00Z"
    assert [one.findtext(f"{ATOM}title") for one in feed.findall(f"{ATOM}entry")] == ["News"]
    assert b"2099" not in (out / "sitemap.xml").read_bytes()
    assert (out / "later" / "index.html").exists()
    day = datetime.date(2099, 5, 5)
    monkeypatch.setattr("tracer.documents.front_matter.newest_day", lambda: day)
    build(gallery.root, out)  # nothing has changed but the day
    feed = Xml.fromstring((out / "feed.xml").read_bytes())
    assert feed.findtext(f"{ATOM}updated") == "2099-05-05T00:00:00Z"
    assert b"2099-05-05" in (out / "sitemap.xml").read_bytes()


def test_the_feed_holds_the_50_newest() -> None:
    first = datetime.date(2024, 1, 1)
    pages = [
        Summary(
            folder=f"page-{number}/",
            title=f"Page {number}",
            meta=FrontMatter(date=first + datetime.timedelta(number)),
        )
        for number in range(60)
    ]
    feed = Xml.fromstring(atom(SiteConfig(base_url="https://example.org/"), pages))
    titles = [entry.findtext(f"{ATOM}title") for entry in feed.findall(f"{ATOM}entry")]
    assert titles == [f"Page {number}" for number in range(59, 9, -1)]


def test_every_page_leads_to_the_feed(made: dict[str, bytes]) -> None:
    for path, content in made.items():
        if path.endswith(".html"):
            assert b'type="application/atom+xml"' in content


def test_the_sitemap_lists_every_page_once_and_old_revisions_never(made: dict[str, bytes]) -> None:
    found = [one.text for one in Xml.fromstring(made["sitemap.xml"]).iter(f"{SITEMAP}loc")]
    base = "https://example.org/sub/"
    assert found == [base, f"{base}about/", f"{base}graphs/france-paris/", f"{base}news/"]
    assert b"Sitemap: https://example.org/sub/sitemap.xml" in made["robots.txt"]


def test_control_characters_do_not_break_the_feed(gallery: GalleryFolder) -> None:
    gallery.write("site_src/site.yaml", 'title: "a\\u0001b"\nbase_url: https://example.org/\n')
    build(gallery.root, gallery.root / "public")
    Xml.fromstring((gallery.root / "public" / "feed.xml").read_bytes())


def test_without_an_address_there_is_no_feed_and_nothing_points_to_one(
    gallery: GalleryFolder,
) -> None:
    build(gallery.root, gallery.root / "public")
    made = contents(gallery.root / "public")
    assert not {"feed.xml", "sitemap.xml"} & made.keys()
    assert not any(b"feed.xml" in content for path, content in made.items() if ".html" in path)


def test_a_graphs_page_shows_its_picture_to_other_sites(made: dict[str, bytes]) -> None:
    page = made["graphs/france-paris/index.html"].decode()
    base = "https://example.org/sub/graphs/france-paris/"
    assert f'<meta property="og:image" content="{base}card.png">' in page
    assert f'<link rel="canonical" href="{base}">' in page
    assert '<meta property="og:title" content="Paris &lt; Rome · A &lt;b&gt; &amp; c">' in page
    assert '<meta name="twitter:card" content="summary_large_image">' in page
    older = made["graphs/france-paris/1/index.html"].decode()
    assert f'<link rel="canonical" href="{base}">' in older


def test_every_page_says_what_it_is_to_other_sites(made: dict[str, bytes]) -> None:
    for path, content in made.items():
        if path.endswith(".html"):
            for name in ("og:type", "og:title", "og:description", "og:url", "og:site_name"):
                assert content.count(f'property="{name}"'.encode()) == 1, (path, name)


def test_the_card_is_a_png_of_the_size_that_others_want(made: dict[str, bytes]) -> None:
    card = made["graphs/france-paris/card.png"]
    assert card[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(card[16:20]), int.from_bytes(card[20:24])) == (1200, 630)
    assert len(card) < 200_000


@pytest.fixture
def drawings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What cards are drawn from."""
    found: list[str] = []

    def from_str(drawing: str, options: usvg.Options) -> usvg.Tree:
        found.append(drawing)
        return usvg.Tree.from_str(drawing, options)

    kept = SimpleNamespace(Options=usvg.Options, Tree=SimpleNamespace(from_str=from_str))
    monkeypatch.setattr("tracer.site.graph.social_card.usvg", kept)
    return found


def test_the_card_says_what_was_found_as_far_as_its_font_has_letters(
    gallery: GalleryFolder, drawings: list[str]
) -> None:
    tokens = ["<bos>", "東京", "は", " 日本", " の", " is"]
    make_graph(prompt_tokens=tokens).save(gallery.root / "graphs" / "france-paris" / "1.json")
    text = "---\ntitle: Tokyo, 東 京 or Токио\n---\n"
    gallery.write("site_src/write-ups/france-paris.md", text)
    build(gallery.root, gallery.root / "public", base_url="https://example.org/", processes=1)
    (drawing,) = drawings
    written = re.findall(r">([^<>]+)</text>", drawing)
    assert written[1] == "Tokyo, … or Токио" and written[2].endswith("… is")
    assert any(one.startswith("→ Paris") for one in written)
    assert not re.search("[\u3000-\u9fff]", drawing)


def test_a_card_of_a_chat_asks_what_was_asked(gallery: GalleryFolder, drawings: list[str]) -> None:
    graph = make_graph()
    info = graph.metadata.tracer
    assert info is not None
    chat = (ChatTurn(role="system", content="Be kind."), ChatTurn(role="user", content="Why?"))
    info = info.model_copy(update={"chat": chat})
    metadata = graph.metadata.model_copy(update={"tracer": info})
    chatted = graph.model_copy(update={"metadata": metadata})
    chatted.save(gallery.root / "graphs" / "france-paris" / "1.json")
    build(gallery.root, gallery.root / "public", base_url="https://example.org/", processes=1)
    assert ">Why?</text>" in drawings[0] and "Be kind" not in drawings[0]


def test_the_card_has_the_sites_colours_by_day(gallery: GalleryFolder, drawings: list[str]) -> None:
    build(gallery.root, gallery.root / "public", base_url="https://example.org/", processes=1)
    (drawing,) = drawings
    day = dict(re.findall(r"--([\w-]+): (#\w+);", TOKENS.read_text().split("@media")[0]))
    filled = dict(re.findall(r"\.([\w.]+) {[^}]*?fill: (#\w+)", drawing))
    assert filled["head.supports"] == day["positive"]
    assert filled["head.opposes"] == day["negative"]
    assert filled["box.answer"] == day["logit"]
    assert f'height="630" fill="{day["bg"]}"' in drawing
    strokes = dict(re.findall(r"\.([\w.]+) {[^}]*?stroke: (#\w+)", drawing))
    assert strokes["line.supports"] == day["positive"]
    assert strokes["line.opposes"] == day["negative"]
    assert set(re.findall("#[0-9a-f]{6}", drawing)) <= set(day.values())


def test_the_card_changes_with_prompt_groups_title_and_colours_only(gallery: GalleryFolder) -> None:
    def card() -> bytes:
        build(gallery.root, gallery.root / "public", base_url="https://example.org/")
        return (gallery.root / "public" / "graphs" / "france-paris" / "card.png").read_bytes()

    first = card()
    gallery.write("site_src/write-ups/france-paris.md", "Other words.\n")
    assert card() == first
    gallery.write("site_src/site.yaml", "title: Another title\n")
    second = card()
    assert second != first
    nodes = '["1_3_4", "1_9_5", "0_7_4"]'
    gallery.write(
        "site_src/annotations/france-paris.yaml", f"groups: {{g: {{name: g, nodes: {nodes}}}}}\n"
    )
    third = card()
    assert third != second
    site = "title: Another title\ntheme: {light: {bg: '#010203'}}\n"
    gallery.write("site_src/site.yaml", site)
    assert card() != third


def test_a_prompt_full_of_markup_and_control_characters_has_a_card_too(
    gallery: GalleryFolder,
) -> None:
    tokens = ["<bos>", "</text><script>", "\x00\x1b", "\u202e", " 東京 مرحبا 🎉" * 40, " is"]
    make_graph(prompt_tokens=tokens).save(gallery.root / "graphs" / "france-paris" / "1.json")
    build(gallery.root, gallery.root / "public", base_url="https://example.org/")
    assert (gallery.root / "public" / "graphs" / "france-paris" / "card.png").exists()


def test_without_an_address_nobody_could_ask_for_a_card_so_none_is_drawn(
    gallery: GalleryFolder,
) -> None:
    build(gallery.root, gallery.root / "public")
    assert list((gallery.root / "public").rglob("card.png")) == []


def test_headers_keep_assets_for_ever_and_close_all_but_graphs(made: dict[str, bytes]) -> None:
    rules = dict(re.findall(r"^(/\S*)\n((?:  .*\n)+)", made["_headers"].decode(), re.MULTILINE))
    assert "immutable" in rules["/assets/*"]
    assert POLICY in rules["/*"] and "frame-ancestors" not in rules["/*"]
    closed = {path for path, header in rules.items() if "frame-ancestors 'self'" in header}
    assert {"/", "/404.html", "/about/*", "/news/*"} <= closed
    assert not any(path.startswith("/graphs") for path in rules)


def test_headers_stay_within_what_hosts_read() -> None:
    text = headers(f"page-{number}" for number in range(500))
    assert len(re.findall(r"^/", text, re.MULTILINE)) <= 100
    assert max(map(len, text.splitlines())) < 2000


def test_the_index_holds_pages_in_any_order_of_making(
    gallery: GalleryFolder, tmp_path: Path
) -> None:
    for number in range(30):
        gallery.write(f"site_src/pages/page-{number}.md", f"word{number}\n")
    build(gallery.root, tmp_path / "one", processes=1)
    build(gallery.root, tmp_path / "two", processes=2)
    one = contents(tmp_path / "one")
    assert one == contents(tmp_path / "two")
    assert "pagefind/pagefind.js" in one


def test_a_machine_without_the_search_program_is_told_what_to_do(
    gallery: GalleryFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pagefind_bin", None)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(TracerError, match=r"pagefind's program is missing.*search: false"):
        build(gallery.root, gallery.root / "public")
    gallery.write("site_src/site.yaml", "search: false\n")
    build(gallery.root, gallery.root / "public")
    assert "search/" not in (gallery.root / "public" / "index.html").read_text()
