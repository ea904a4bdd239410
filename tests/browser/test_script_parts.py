"""Scripts that are joined for a site do what they do as modules of their own."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from bench.static_site import hosted
from tracer.site.content.script_parts import packed

MODULES = {
    "viewer/main.js": """\
import { Shelf, counted } from "./books/shelf.js";
import { total as sum } from "./sums.js";
import { twice } from "../vendor/numbers.js";
const one = new Shelf();
const { late } = await import("./late.js");
const { kept } = await import("./books/kept.js");
const all = [one.name, counted(), sum(), twice(4), await late(), kept, await one.more()];
document.title = all.join();
""",
    "viewer/books/shelf.js": """\
import { add } from "../sums.js";
export class Shelf {
  name = `shelf ${add(1)}`;
  more = async () => (await import("../late.js")).after;
}
export const counted = () => kept;
const kept = "counted";
""",
    "viewer/sums.js": """\
import { twice as double } from "../vendor/numbers.js";
let all = 0;
export function add(one) {
  all += double(one);
  return all;
}
export async function later() {
  return (await import("./books/kept.js")).kept;
}
export const total = () => all;
""",
    "viewer/late.js": """\
import { kept } from "./books/kept.js";
import { add, later } from "./sums.js";
export const after = "after";
export const late = async () => `${add(10)} ${kept} ${await later()}`;
""",
    "viewer/books/kept.js": 'export const kept = "kept";\n',
    "viewer/panels/panels.js": 'import { kept } from "../books/kept.js";\nexport { kept };\n',
    "vendor/numbers.js": "export const twice = (x) => 2 * x, thrice = (x) => 3 * x;\n",
}


@pytest.mark.parametrize("joined", [False, True])
def test_modules_are_one_each_and_come_when_they_are_asked_for(
    browser: Browser, tmp_path: Path, joined: bool
) -> None:
    own = {name: text for name, text in MODULES.items() if name.startswith("viewer/")}
    sent = MODULES
    if joined:
        others = {name: text for name, text in MODULES.items() if name not in own}
        sent = packed(own, dict.fromkeys(own, tmp_path)) | others
    for name, text in sent.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "index.html").write_text('<script type="module" src="viewer/main.js"></script>')
    with hosted(tmp_path) as address:
        page = browser.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url.removeprefix(address)))
        page.goto(address)
        page.wait_for_function("document.title", timeout=10_000)
        assert page.title() == "shelf 2,counted,2,8,22 kept kept,kept,after"
        page.close()
    scripts = [one for one in asked if one.endswith(".js")]
    if joined:
        assert sorted(scripts) == [
            "vendor/numbers.js",
            "viewer/late.js",
            "viewer/main.js",
            "viewer/panels/parts.js",
            "viewer/start.js",
        ]
    else:
        assert len(scripts) == 6
