"""Opens every page of a hostile gallery, does what readers do, and counts what ran."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from playwright.sync_api import Browser, BrowserContext, Error, Page, Route

from tests.xss.gallery import CHUNK, HostileGallery, Payload, Placed, write_settings
from tracer.documents.graph import load_graph
from tracer.site.build import build

BATCH = 40  # payloads in one gallery: each of its pages names all of them
PARAMETERS = (
    *("pinnedIds", "clickedId", "supernodes", "clerps", "hide", "v", "q", "kinds", "weight"),
    *("sign", "pruningThreshold", "revision", "embed"),
)
PAGE_PARAMETERS = ("gallery: q", "gallery: tag", "search: q", "compare: a, b, row", "#")
_HOOKS = """
  for (const name of ["alert", "print", "confirm", "prompt"]) window[name] = () => ran(name);
  addEventListener("securitypolicyviolation", (event) => ran("blocked " + event.blockedURI));
"""
# Whatever could run, had anybody the patience to click or wait for it.
_SCAN = """() => {
  const bad = [];
  const address = /^[\\s\\x00-\\x1f]*(javascript|vbscript|data:text|data:image.svg)/i;
  for (const one of document.querySelectorAll("*")) {
    const data = /json|^text.plain/.test(one.getAttribute("type") ?? "");
    const runs = one.localName === "script" && !one.hasAttribute("src") && !data;
    const frame = ["iframe", "object", "embed", "base", "portal"].includes(one.localName);
    if (runs || frame) bad.push(one.outerHTML.slice(0, 200));
    for (const { name, value } of one.attributes)
      if (name.startsWith("on") || address.test(value) && /href|src|action|data$/.test(name)
        || name === "srcdoc" || name === "style" && value.includes("canary"))
        bad.push(one.outerHTML.slice(0, 200));
  }
  return bad;
}"""
# What Back and Forward do, for each of these addresses.
_WALK = """async (queries) => {
  const painted = () => new Promise((go) => requestAnimationFrame(() => setTimeout(go)));
  for (const query of queries) {
    history.pushState(null, "", "?" + query);
    dispatchEvent(new PopStateEvent("popstate"));
    await painted();
  }
  for (const row of document.querySelectorAll("[data-node]"))
    for (const kind of ["pointerover", "mouseover", "pointermove"])
      row.dispatchEvent(new PointerEvent(kind, { bubbles: true }));
  await painted();
}"""

_TYPE = """async (texts) => {
  const field = document.querySelector("main input[type=search]");
  for (const text of texts) {
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    await new Promise((go) => setTimeout(go, 30));
  }
}"""


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
    browser: Browser, serve: Callable[[Path], str], folder: Path, payloads: Sequence[Payload]
) -> dict[str, Any]:
    """Builds galleries of all that and opens everything twice. Gives what there was, and what
    ran of it."""
    placed = Placed()
    seen = {False: Seen(), True: Seen()}
    for start in range(0, len(payloads), BATCH):
        some = payloads[start : start + BATCH]
        gallery = HostileGallery(folder / f"gallery-{start}", some)
        gallery.write()
        out = folder / f"out-{start}"
        build(gallery.root, out)
        write_settings(gallery.root / "settings", out, some, gallery.placed)
        address = serve(out)
        for policy in seen:
            _read(browser, address, gallery, some, policy, seen[policy])
        placed.pairs |= gallery.placed.pairs
        placed.refused |= gallery.placed.refused
    for name in (*(f"address: {one}" for one in PARAMETERS), *PAGE_PARAMETERS):
        placed.add(name, payloads)
    return {
        "payloads": len(payloads),
        "fields": sorted({name for _, name in placed.pairs}),
        "placed": len(placed.pairs),
        "refused": len(placed.refused),
        "with_policy": seen[True].told(),
        "without_policy": seen[False].told(),
    }


def _read(
    browser: Browser,
    address: str,
    gallery: HostileGallery,
    payloads: Sequence[Payload],
    policy: bool,
    seen: Seen,
) -> None:
    context = browser.new_context(bypass_csp=not policy)
    context.set_default_timeout(20_000)
    try:
        _Reader(context, address, gallery, payloads, seen).read_all()
    finally:
        context.close()


class _Reader:
    def __init__(
        self,
        context: BrowserContext,
        address: str,
        gallery: HostileGallery,
        payloads: Sequence[Payload],
        seen: Seen,
    ):
        self._address = address
        self._gallery = gallery
        self._payloads = payloads
        self._seen = seen
        context.add_init_script(_HOOKS)
        context.expose_function("ran", lambda what: self._seen.ran.add(str(what)))
        context.route("**://canary.invalid/**", self._canary)
        self._page: Page = context.new_page()
        self._page.on("dialog", lambda dialog: dialog.dismiss())

    def _canary(self, route: Route) -> None:
        self._seen.ran.add(route.request.url)
        route.abort()

    def read_all(self) -> None:
        for path in self._plain_pages():
            self._open(path)
        self._addresses()
        for start in range(0, len(self._payloads), CHUNK):
            chunk = self._payloads[start : start + CHUNK]
            slug = self._gallery.graphs[start // CHUNK]
            for name in (slug, f"f{slug}"):
                self._graph(name, chunk)
        self._page.wait_for_timeout(200)

    def _plain_pages(self) -> Iterator[str]:
        yield from ("", "nowhere", "models/", "features/", "tags/", "authors/")
        yield from (f"{name}/" for name in self._gallery.texts)
        for number, text in self._payloads:
            said = quote(text, safe="")
            yield f"settings/s-{number}/"
            yield f"?q={said}&tag={said}#{said}"
        for _, text in self._payloads[::CHUNK]:
            said = quote(text, safe="")
            yield f"search/?q={said}"
            yield f"compare/?a={said}&b={said}&row={said}"
        first = self._gallery.graphs[0]
        for slug in self._gallery.graphs:
            yield f"compare/?a={slug}&b={first}&row=1_3"
            yield f"compare/?a=f{slug}&b={first}"

    def _addresses(self) -> None:
        """What was opened once hears of every payload."""
        texts = [text for _, text in self._payloads]
        self._open("search/?q=x")
        self._page.evaluate(_TYPE, [*texts, "ran", "onerror", "script", "canary"])
        self._scan()
        first = self._gallery.graphs[0]
        self._open(f"compare/?a={first}&b={first}")
        self._page.evaluate(_WALK, [urlencode(dict.fromkeys(["a", "b", "row"], t)) for t in texts])
        self._page.evaluate(_WALK, [urlencode({"a": first, "b": first, "row": t}) for t in texts])
        self._seen.states += 3 * len(texts)
        self._scan()

    def _open(self, path: str) -> None:
        self._page.goto(self._address + path, wait_until="load")
        if path.startswith("search/"):
            self._page.locator("[role=status]:not(:empty)").wait_for(state="attached")
        self._seen.pages += 1
        self._scan()

    def _scan(self) -> None:
        self._seen.could_run |= set(self._page.evaluate(_SCAN))

    def _graph(self, slug: str, chunk: Sequence[Payload]) -> None:
        """With what the address brings; each node chosen; then every address in turn."""
        graph = load_graph(self._gallery.root / "graphs" / slug / "1.json")
        ids = graph.node_ids
        texts = [text for _, text in chunk]
        brought = {
            "supernodes": json.dumps([[text, ids[0], ids[1]] for text in texts]),
            "clerps": json.dumps([[one, text] for one, text in zip(ids, texts, strict=False)]),
            "pinnedIds": ",".join([*ids[:2], *texts]),
            "clickedId": ids[0],
        }
        self._page.goto(f"{self._address}graphs/{slug}/?{urlencode(brought)}")
        self._page.locator("#viewer .hidden-count").wait_for()
        self._seen.pages += 1
        self._press("Share…")
        self._page.keyboard.press("Escape")
        self._scan()
        queries = [urlencode({"clickedId": one}) for one in ids]
        queries += [urlencode(dict.fromkeys(PARAMETERS, text)) for text in texts]
        self._page.evaluate(_WALK, queries)
        self._seen.states += len(queries)
        self._scan()
        odd = quote(texts[0], safe="")
        query = urlencode(dict.fromkeys(PARAMETERS, texts[0]))
        self._page.goto(f"{self._address}graphs/{slug}/?{query}#{odd}")
        self._page.locator("#viewer .hidden-count").wait_for(state="attached")
        self._seen.pages += 1
        self._scan()

    def _press(self, name: str) -> None:
        try:
            self._page.get_by_role("button", name=name).first.click(timeout=2000)
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
