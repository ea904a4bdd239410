"""How fast the workbench answers, in a browser: typing, a trace, a poke, the model's first load.

python bench/workbench.py

Times are taken in the page itself, from an event to the frame that shows what came of it.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
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
TYPED, POKED, TRACED = 20, 20, 3
IMPORTED = 6.0  # seconds behind the server's start, in which somebody opens the printed link
QUIET = 3.0
FIRST = "The capital of France is"
# In the page: seconds until `ready` holds, looked at in each frame, and that frame is painted.
UNTIL = """
window.until = (ready) => new Promise((go) => {
  const began = performance.now();
  const look = () => {
    if (!ready()) return requestAnimationFrame(look);
    setTimeout(() => go((performance.now() - began) / 1000));
  };
  requestAnimationFrame(look);
});
window.words = () => document.querySelector(".words")?.firstChild;
window.type = (text) => {
  const prompt = document.getElementById("prompt");
  const before = words();
  prompt.value = text;
  prompt.dispatchEvent(new Event("input"));
  return until(() => words() && words() !== before);
};
window.trace = async () => {
  document.querySelector("iframe")?.remove();
  document.querySelector("button.main").click();
  return until(() => {
    const page = document.querySelector("iframe")?.contentDocument;
    const drawn = page?.querySelector("#circuit svg.wide");
    return drawn?.getBoundingClientRect().width && page.querySelector(".answer-account, #account");
  });
};
window.poke = (value) => {
  const slider = document.querySelector("#panel input[type=range]");
  const bars = document.querySelector(".bars");
  const before = bars.firstChild;
  slider.value = value;
  slider.dispatchEvent(new Event("input"));
  return until(() => bars.firstChild !== before);
};
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = make_gallery(Path(folder) / "gallery").root
        with served(root, "--watch", workbench=True) as site, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=installed_browser(), args=launch_arguments()
            )
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.add_init_script(UNTIL)
            expect.set_options(timeout=120_000)
            time.sleep(IMPORTED)
            found = {"load": [_loaded(page, site.workbench)], **_measured(page, PROMPT)}
            found["long"] = _measured(page, LONG)
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
        "note": _note(os.getloadavg()[0]),
        **found,
    }
    (ROOT / "bench" / "workbench.json").write_text(json.dumps(whole, indent=1) + "\n")


def _note(load: float) -> str:
    """What the machine did besides, over the last minute of it; the browser and the server alone
    are less than three."""
    if load < QUIET:
        return ""
    return f"Other work ran beside it (load average {load:.0f}), so a quiet machine is faster. "


def _loaded(page: Page, link: str) -> float:
    """From the link to the first prompt's tokens and next words, the model being read meanwhile."""
    began = time.perf_counter()
    page.goto(link)
    page.locator("#prompt").wait_for()
    page.evaluate("text => type(text)", FIRST)
    return time.perf_counter() - began


def _measured(page: Page, prompt: str) -> dict[str, Any]:
    """Seconds: raw samples of each."""
    page.evaluate("text => type(text)", prompt)
    tokens = page.locator("[aria-label='Tokens of the prompt'] span").count()
    typing = []
    for number in range(TYPED):  # word by word, none of which it has seen before
        typing.append(page.evaluate("text => type(text)", f"{prompt} {'not ' * (number + 1)}"))
        page.wait_for_timeout(100)
    page.evaluate("text => type(text)", prompt)
    page.wait_for_timeout(300)
    traces = []
    for _ in range(TRACED):
        traces.append(page.evaluate("() => trace()"))
        page.wait_for_timeout(1000)
    return {"tokens": tokens, "typing": typing, "trace": traces, "poke": _pokes(page)}


def _pokes(page: Page) -> list[float]:
    """From a slider's move to new bars, while boxes are silenced behind the trace."""
    box = page.frame_locator("iframe").locator("#circuit svg.wide a.node-link .group, a.group")
    box.first.click()
    page.get_by_role("button", name="Scale").click()
    expect(page.locator(".bars tr").first).to_be_visible()
    samples = []
    for number in range(POKED):
        page.wait_for_timeout(400)
        samples.append(page.evaluate("value => poke(value)", f"{0.1 * (number % 10 + 1):.1f}"))
    return samples


if __name__ == "__main__":
    main()
