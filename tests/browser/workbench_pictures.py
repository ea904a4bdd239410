"""Retakes the three pictures of docs/workbench.md: `python tests/browser/workbench_pictures.py`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.browser.executable import installed_browser, launch_arguments  # noqa: E402
from tests.galleries import make_gallery  # noqa: E402
from tests.serving import served  # noqa: E402

PICTURES = ROOT / ".github" / "readme"
COLOSSEUM = "#circuit svg.wide a.node-link[aria-label^='“Colosseum → Italian']"
PROMPT = "The official language of the country where the Colosseum is located is"


def main() -> None:
    expect.set_options(timeout=120_000)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        gallery = make_gallery(Path(folder) / "gallery")
        gallery.write("site_src/site.yaml", "title: One\nsearch: false\n")
        browser = playwright.chromium.launch(
            executable_path=installed_browser(), args=launch_arguments()
        )
        with served(gallery.root, "--watch", workbench=True) as site:
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(site.workbench)
            take(page)
        browser.close()


def take(page: Page) -> None:
    page.get_by_role("textbox", name="Prompt", exact=True).fill(PROMPT)
    page.get_by_role("button", name="Italian 8").click()
    page.get_by_role("button", name="Spanish").click()
    page.screenshot(path=PICTURES / "workbench-1.png")
    expect(page.locator("#question")).to_contain_text("rather than")
    page.get_by_role("button", name="Trace").click()
    graph = page.frame_locator("iframe")
    box = graph.locator(COLOSSEUM)
    expect(box.first).to_be_visible()
    expect(graph.locator(".site-head")).to_be_hidden()
    box.first.click()
    page.get_by_role("button", name="Take away").click()
    expect(page.locator("#numbers")).to_contain_text("Really −")
    expect(page.locator(".said .after")).to_be_visible()
    expect(page.locator(".said.stale")).to_have_count(0)
    page.screenshot(path=PICTURES / "workbench-2.png")
    page.get_by_role("button", name="Make this a claim").click()
    expect(page.locator("#panel code")).to_contain_text("lead_falls_by")
    page.get_by_label("Under the name").fill("colosseum")
    page.get_by_role("button", name="Keep it in the gallery").click()
    expect(page.locator("#kept")).to_contain_text("graphs/colosseum/1.json")
    page.locator("#panel").evaluate("one => one.scrollTo(0, one.scrollHeight)")
    page.screenshot(path=PICTURES / "workbench-3.png")


if __name__ == "__main__":
    main()
