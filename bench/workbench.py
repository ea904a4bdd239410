"""How fast the workbench answers, in a browser: typing, a trace, a poke, the model's first load.

python bench/workbench.py
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser.executable import installed_browser, launch_arguments  # noqa: E402
from tests.galleries import make_gallery  # noqa: E402
from tests.serving import served  # noqa: E402

PROMPT = "The official language of the country where the Colosseum is located is"
LONG = " ".join([PROMPT + "."] * 4) + " It is spoken by people who live there"  # 64 tokens
TYPED, POKED, TRACED = 30, 30, 3


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = make_gallery(Path(folder) / "gallery").root
        with served(root, "--watch", workbench=True) as site, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=installed_browser(), args=launch_arguments()
            )
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.set_default_timeout(120_000)
            expect.set_options(timeout=120_000)
            page.goto(site.workbench)
            first = _typed(page, PROMPT, 15)
            found = {"load": [first], **_measured(page, PROMPT), "long": _measured(page, LONG)}
            browser.close()
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        cwd=ROOT,
    ).stdout.strip()
    whole = {
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "date": time.strftime("%Y-%m-%d"),
        "commit": commit,
        **found,
    }
    (ROOT / "bench" / "workbench.json").write_text(json.dumps(whole, indent=1) + "\n")


def _measured(page: Page, prompt: str) -> dict[str, Any]:
    """Seconds: raw samples of each."""
    _fill(page, prompt)
    words = page.locator("[aria-label='Tokens of the prompt'] span")
    page.wait_for_timeout(1500)
    tokens = words.count()
    typing = []
    for _ in range(TYPED // 2):
        typing.append(_typed(page, prompt + " not", tokens + 1))
        typing.append(_typed(page, prompt, tokens))
    traces = [_timed(lambda: _trace(page)) for _ in range(TRACED)]
    page.wait_for_timeout(15_000)  # what is silenced behind it
    pokes = _pokes(page)
    return {"tokens": tokens, "typing": typing, "trace": traces, "poke": pokes}


def _fill(page: Page, text: str) -> None:
    page.get_by_role("textbox", name="Prompt", exact=True).fill(text)


def _typed(page: Page, text: str, tokens: int) -> float:
    """From a text in the field to its tokens and next words on the page."""
    words = page.locator("[aria-label='Tokens of the prompt'] span")

    def until() -> None:
        _fill(page, text)
        expect(words).to_have_count(tokens)

    return _timed(until)


def _trace(page: Page) -> None:
    """From the click to the circuit on the page."""
    with page.expect_response("**/workbench/api/trace"):
        page.get_by_role("button", name="Trace").click()
    frame = page.frame_locator("iframe")
    expect(frame.locator("#circuit svg.wide")).to_be_visible()


def _pokes(page: Page) -> list[float]:
    """From a slider's move to new bars."""
    box = page.frame_locator("iframe").locator("#circuit svg.wide a.node-link .group, a.group")
    box.first.click()
    page.get_by_role("button", name="Scale").click()
    slider = page.locator("#panel input[type=range]").first
    samples = []
    for number in range(POKED):
        page.wait_for_timeout(700)  # the continuation of the last one is there
        began = time.perf_counter()
        with page.expect_response("**/workbench/api/poke"):
            slider.fill(f"{0.1 * (number % 10):.1f}")
        samples.append(time.perf_counter() - began)
    return samples


def _timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
