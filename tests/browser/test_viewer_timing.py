"""The benchmark of viewers counts until the answer can be seen, in a viewer made for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from bench.static_site import hosted
from bench.viewer_page import CIRCUIT_TRACER, Viewer, opened, pointed, pruned, visit

LATE = 1000  # milliseconds, longer than any frame
PAGE = f"""<!doctype html>
<title>a viewer</title>
<div id="stage" style="height: 300px">nodes</div>
<div id="lists"></div>
<input type="range" min="0" max="1" step="0.01" value="1">
<script src="elsewhere/library.js"></script>
<script>
  const draw = () => {{
    document.querySelector("#graph")?.remove();
    document.body.append(Object.assign(document.createElement("p"), {{id: "graph"}}));
  }};
  fetch("data/graph.json").then(() => setTimeout(draw, {LATE}));
  document.querySelector("input").oninput = () => setTimeout(draw, {LATE});
  document.querySelector("#stage").onclick = () =>
    requestAnimationFrame(() =>
      setTimeout(() => document.querySelector("#lists").append("what feeds it")));
</script>
"""


@pytest.fixture
def viewer(tmp_path: Path) -> Iterator[Viewer]:
    for name, text in {
        "index.html": PAGE,
        "elsewhere/library.js": "//" + "x" * 5000,
        "data/graph.json": "{}",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    with hosted(tmp_path) as host:
        yield replace(
            CIRCUIT_TRACER,
            host=host,
            address="",
            shown='find => find("#graph")',
            whole='find => find("#graph")',
            redrawn='find => find("#graph")',
            element="body",
            stage="#stage",
            lists="#lists",
            slider="input",
        )


def test_a_first_visit_lasts_until_the_graph_is_there(browser: Browser, viewer: Viewer) -> None:
    found = visit(browser, viewer, "")
    assert found["first_graph_ms"] >= LATE
    assert found["whole_page_ms"] >= LATE
    assert found["foreign_requests"] == 1
    assert 0 < found["javascript_bytes"] < 500  # as it was sent, packed
    assert 0 < found["data_bytes"] < 50


def test_a_step_of_the_slider_lasts_until_the_graph_is_drawn_anew(
    browser: Browser, viewer: Viewer
) -> None:
    page = opened(browser, viewer, "")
    times = pruned(page, viewer, range(2), 30)
    assert len(times) == 2
    assert all(LATE <= time["painted"] <= time["waited"] for time in times)
    page.context.close()
    at_once = replace(viewer, redrawn="null")
    page = opened(browser, at_once, "")
    (time,) = pruned(page, at_once, range(1), 30)
    assert time["painted"] < LATE
    page.context.close()


def test_lists_that_follow_a_click_are_counted_apart(browser: Browser, viewer: Viewer) -> None:
    page = opened(browser, viewer, "")
    times = pointed(page, viewer, "click", range(3))
    assert all(time["painted"] < time["lists"] for time in times)
    assert all("lists" not in time for time in pointed(page, viewer, "pointermove", range(3)))
    page.context.close()
