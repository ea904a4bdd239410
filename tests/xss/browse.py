"""Opens every page of a hostile gallery, does what readers do, and counts what ran."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from xml.sax.saxutils import quoteattr

from playwright.sync_api import Browser, BrowserContext, Error, Page, Route

from tests.xss.documents import Placed
from tests.xss.gallery import CHUNK, HostileGallery, write_settings
from tests.xss.scripts import EDIT, HOOKS, KEEP, SCAN, TAKE, TYPE, WALK
from tests.xss.texts import Payload
from tracer.documents.graph import load_graph
from tracer.site.build import build
from tracer.site.pages.policy import POLICY

BATCH = 24  # payloads in one gallery: each of its pages names all of them
PARAMETERS = (
    *("pinnedIds", "clickedId", "supernodes", "clerps", "hide", "v", "q", "kinds", "weight"),
    *("sign", "pruningThreshold", "revision", "embed"),
)
PAGE_PARAMETERS = ("gallery: q", "gallery: tag", "search: q", "compare: a, b, row", "#")
TYPED = (
    *("editor: name", "editor: note", "editor: author", "editor: group", "editor: proposal"),
    *("kept edits: label", "kept edits: group", "kept edits: id", "kept edits: author"),
    *("share: circuit", "share: link graph", "share: embedding", "live: problem", "live: page"),
)
_PREVIEW = Path(__file__).parents[2] / "assets" / "dev"
_WATCHED = """<!doctype html><html><head><title>x</title>
<meta http-equiv="Content-Security-Policy" content="{policy}">
<link rel="stylesheet" href="/_preview/preview.css" data-preview-page="x" data-preview-scripts="">
<script type="module" src="/_preview/preview.js"></script></head>
<body><main>x</main></body></html>"""


@dataclass
class Seen:
    """What came of opening the pages, with the policy or without."""

    pages: int = 0
    states: int = 0
    ran: set[str] = field(default_factory=set)
    could_run: set[str] = field(default_factory=set)

    def told(self) -> dict[str, Any]:
        found = {"pages": self.pages, "states": self.states}
        return {**found, "ran": sorted(self.ran), "could_run": sorted(self.could_run)}


def browse_corpus(
    browser: Browser,
    serve: Callable[[Path], str],
    folder: Path,
    payloads: Sequence[Payload],
    policies: Sequence[bool] = (False, True),
) -> dict[str, Any]:
    """Builds galleries of all that and opens everything, without the pages' policy and with it.
    Gives what there was, and what ran of it."""
    placed = Placed()
    seen = {policy: Seen() for policy in policies}
    for start in range(0, len(payloads), BATCH):
        some = payloads[start : start + BATCH]
        gallery = HostileGallery(folder / f"gallery-{start}", some)
        gallery.write()
        out = folder / f"out-{start}"
        build(gallery.root, out)
        write_settings(gallery.root / "settings", out, some, gallery.placed)
        address = serve(out)
        for policy in seen:
            _read(browser, _Site(address, out, gallery, some), policy, seen[policy])
        placed.pairs |= gallery.placed.pairs
        placed.refused |= gallery.placed.refused
    for name in (*(f"address: {one}" for one in PARAMETERS), *PAGE_PARAMETERS, *TYPED):
        placed.add(name, payloads)
    return {
        "payloads": len(payloads),
        "fields": sorted({name for _, name in placed.pairs}),
        "placed": len(placed.pairs),
        "refused": len(placed.refused),
        **{("with_policy" if policy else "without_policy"): seen[policy].told() for policy in seen},
    }


@dataclass
class _Site:
    """A gallery that is built and served, with what is in it."""

    address: str
    out: Path
    gallery: HostileGallery
    payloads: Sequence[Payload]

    def plain_pages(self) -> list[str]:
        """Every file that a browser opens as a document, but for graphs that are read apart. Of a
        site that is there for its settings, the page and the feed that show them; of features,
        those with texts, and one list of all."""
        apart = {f"graphs/{first}{slug}/" for slug in self.gallery.graphs for first in ("", "f")}
        files = [one for kind in ("html", "xml", "svg") for one in self.out.rglob(f"*.{kind}")]
        named = (one.relative_to(self.out).as_posix() for one in sorted(files))
        paths = [one.removesuffix("index.html") for one in named]
        shown = re.compile(
            r"(?!settings/|features/)|settings/[^/]+/(feed\.xml)?\Z"
            r"|features/(?:[^/]+/(?:1/3/|by-name/))?\Z"
        )
        return [one for one in paths if one not in apart and shown.match(one)]

    def addresses(self) -> list[str]:
        """Pages with payloads in their addresses."""
        said = [quote(text, safe="") for _, text in self.payloads]
        found = [f"?q={one}&tag={one}#{one}" for one in said]
        for one in said[::CHUNK]:
            found += [f"search/?q={one}", f"compare/?a={one}&b={one}&row={one}"]
        first = self.gallery.graphs[0]
        for slug in self.gallery.graphs:
            found += [f"compare/?a={slug}&b={first}&row=1_3", f"compare/?a=f{slug}&b={first}"]
        return found


def _read(browser: Browser, site: _Site, policy: bool, seen: Seen) -> None:
    context = browser.new_context(bypass_csp=not policy)
    context.set_default_timeout(60_000)  # other programs may use the same cores
    try:
        _Reader(context, site, seen).read_all()
    finally:
        context.close()


class _Reader:
    def __init__(self, context: BrowserContext, site: _Site, seen: Seen):
        self._address = site.address
        self._site = site
        self._texts = [text for _, text in site.payloads]
        self._seen = seen
        context.add_init_script(HOOKS)
        context.expose_function("ran", lambda what: self._seen.ran.add(str(what)))
        context.route("**://canary.invalid/**", self._canary)
        self._page: Page = context.new_page()
        self._beside: Page = context.new_page()
        self._beside.add_init_script("delete window.SharedWorker")
        self._beside.route("**/taken/*", self._take)
        self._beside.route(re.compile("/watched|/_preview/"), self._watched)
        self._taken: list[str] = []
        self._state: dict[str, Any] = {}
        for page in (self._page, self._beside):
            page.on("dialog", lambda dialog: dialog.dismiss())

    def _canary(self, route: Route) -> None:
        self._seen.ran.add(route.request.url)
        route.abort()

    def read_all(self) -> None:
        for path in (*self._site.plain_pages(), *self._site.addresses()):
            self._open(path)
        self._addresses()
        for slug, chunk in self._site.gallery.chunks:
            for name in (slug, f"f{slug}"):
                self._graph(name, [text for _, text in chunk])
            self._examples(slug)
            self._edit(slug, [text for _, text in chunk])
        self._live()
        self._page.wait_for_timeout(200)

    def _addresses(self) -> None:
        """What was opened once hears of every payload."""
        texts = self._texts
        self._open("search/?q=x")
        self._page.evaluate(TYPE, [*texts, "ran", "onerror", "script", "canary"])
        self._scan()
        first = self._site.gallery.graphs[0]
        self._open(f"compare/?a={first}&b={first}")
        self._page.evaluate(WALK, [urlencode(dict.fromkeys(["a", "b", "row"], t)) for t in texts])
        self._page.evaluate(WALK, [urlencode({"a": first, "b": first, "row": t}) for t in texts])
        self._seen.states += 3 * len(texts)
        self._scan()

    def _open(self, path: str) -> None:
        self._page.goto(self._address + path, wait_until="load")
        if path.startswith("search/?"):
            self._page.locator("[role=status]:not(:empty)").wait_for(state="attached")
        if path.startswith("graphs/"):
            self._page.locator("#viewer .hidden-count").wait_for(state="attached")
        self._seen.pages += 1
        self._scan()

    def _scan(self, html: str = "") -> None:
        self._seen.could_run |= set(self._page.evaluate(SCAN, html))

    def _graph(self, slug: str, texts: Sequence[str]) -> None:
        """With what the address brings; each node chosen; then every address in turn."""
        graph = load_graph(self._site.gallery.root / "graphs" / slug / "1.json")
        ids = graph.node_ids
        brought = {
            "supernodes": json.dumps([[text, ids[0], ids[1]] for text in texts]),
            "clerps": json.dumps([[one, text] for one, text in zip(ids, texts, strict=False)]),
            "pinnedIds": ",".join([*ids[:2], *texts]),
            "clickedId": ids[0],
        }
        self._page.goto(f"{self._address}graphs/{slug}/?{urlencode(brought)}")
        self._page.locator("#viewer .hidden-count").wait_for()
        self._seen.pages += 1
        self._share()
        queries = [urlencode({"clickedId": one}) for one in ids]
        queries += [urlencode(dict.fromkeys(PARAMETERS, text)) for text in texts]
        self._page.evaluate(WALK, queries)
        self._seen.states += len(queries)
        self._scan()
        odd = quote(texts[0], safe="")
        query = urlencode(dict.fromkeys(PARAMETERS, texts[0]))
        self._page.goto(f"{self._address}graphs/{slug}/?{query}#{odd}")
        self._page.locator("#viewer .hidden-count").wait_for(state="attached")
        self._seen.pages += 1
        self._scan()

    def _share(self) -> None:
        """What one takes away is opened where it is taken to: by itself, or in another page."""
        self._press("Share…")
        self._page.locator("dialog[open]").wait_for()
        self._scan()
        taken = self._page.evaluate(TAKE)
        self._page.keyboard.press("Escape")
        assert len(taken["drawings"]) == 2, self._page.url
        self._scan(taken["embedding"])
        self._taken = taken["drawings"]
        for number in range(len(self._taken)):
            self._beside.goto(f"{self._address}taken/{number}")
            self._seen.could_run |= set(self._beside.evaluate(SCAN, ""))
            self._seen.pages += 1

    def _take(self, route: Route) -> None:
        drawing = self._taken[int(route.request.url.rpartition("/")[2])]
        route.fulfill(body=drawing, content_type="image/svg+xml")

    def _examples(self, slug: str) -> None:
        self._page.goto(f"{self._address}graphs/{slug}/?clickedId=1_3_4")
        self._page.locator("#viewer .examples .example").first.wait_for(state="attached")
        self._seen.states += 1
        self._scan()

    def _edit(self, slug: str, texts: Sequence[str]) -> None:
        """Names and groups typed and proposed; then those that others left in their place."""
        nodes = ["0_7_4", "1_3_4", "1_9_5", "1_11_5"]
        address = f"{self._address}graphs/{slug}/"
        self._page.goto(address)
        self._press("Edit names and groups")
        self._page.get_by_role("button", name="Undo", exact=True).wait_for()
        self._page.evaluate(EDIT, [nodes, texts])
        self._seen.states += 2 * len(texts)
        self._scan()
        self._press("Propose changes")
        self._page.locator("dialog.proposal .diff").wait_for()
        self._scan()
        self._press("Close")
        assert self._page.evaluate(KEEP, [nodes, texts]) == 1, self._page.url
        self._page.goto(address)
        self._page.locator("#viewer .hidden-count").wait_for(state="attached")
        self._press("Propose changes")
        self._page.locator("dialog.proposal .diff").wait_for()
        self._scan()
        self._page.evaluate("localStorage.clear()")
        self._seen.pages += 2

    def _live(self) -> None:
        """What `tracer serve --watch` puts into an open page: a page made anew, and mistakes."""
        page = self._site.out / f"t-{self._site.payloads[0][0]:03}" / "index.html"
        made = {"run": "1", "scripts": "", "problems": [], "has": "y"}
        told = {"run": "1", "scripts": "", "problems": self._texts}
        for state, shown in (
            (made | {"page": page.read_text(encoding="utf-8")}, "main article"),
            (told, "#preview-problems li"),
        ):
            self._state = state
            self._beside.goto(f"{self._address}watched")
            self._beside.locator(shown).first.wait_for(state="attached")
            self._seen.could_run |= set(self._beside.evaluate(SCAN, ""))
            self._seen.pages += 1

    def _watched(self, route: Route) -> None:
        name = route.request.url.partition("?")[0].rpartition("/")[2]
        if name == "watched":
            body = _WATCHED.format(policy=quoteattr(POLICY)[1:-1])
            route.fulfill(body=body, content_type="text/html")
        elif name == "state":
            route.fulfill(json=self._state)
        else:
            route.fulfill(path=_PREVIEW / name)

    def _press(self, name: str) -> None:
        try:
            self._page.get_by_role("button", name=name, exact=True).first.click()
        except Error:
            raise AssertionError(f"{name} cannot be pressed at {self._page.url}") from None


def runs_as_it_is(browser: Browser, payloads: Sequence[Payload]) -> set[int]:
    """Which payloads run where a page takes them for markup: text, attribute, script or link."""
    context = browser.new_context(bypass_csp=True)
    ran: set[int] = set()
    context.expose_function("ran", lambda number: ran.add(int(number)))

    def canary(route: Route) -> None:
        ran.add(int(route.request.url.rstrip("/").rpartition("/")[2]))
        route.abort()

    context.route("**://canary.invalid/*", canary)
    page = context.new_page()
    page.route("http://start.invalid/", lambda route: route.fulfill(body="<!doctype html>x"))
    page.goto("http://start.invalid/")
    for _, text in payloads:
        script = text.replace("</script", "<\\/script")
        pages = [
            f"<!doctype html><body>{text}",
            f"<!doctype html><body><p title=\"{text}\" class='{text}'>x</p>",
            f"<!doctype html><body><script>var x = `{script}`</script>",
            f"<!doctype html><body><script>var x = '{script}'</script>",
            f'<!doctype html><body><script>var x = "{script}"</script>',
            f'<!doctype html><body><a href="{text}">x</a>',
            f"<!doctype html><style>p {{ color: {text} }}</style><p>x</p>",
        ]
        page.evaluate(
            """(pages) => {
              for (const one of pages) {
                const frame = document.createElement("iframe");
                frame.srcdoc = one;
                frame.addEventListener("load", () => {
                  for (const part of frame.contentDocument?.querySelectorAll("*") ?? [])
                    for (const kind of ["mouseover", "click"])
                      part.dispatchEvent(new MouseEvent(kind, { bubbles: true, cancelable: true }));
                });
                document.body.append(frame);
              }
            }""",
            pages,
        )
    page.wait_for_timeout(1500)
    context.close()
    return ran
