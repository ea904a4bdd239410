"""`show(live=True)`: from a notebook into the workbench."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPCookieProcessor, Request, build_opener

import pytest

import tracer
from tests.tiny_models import PROMPT
from tracer.workbench import live as module


def test_a_trace_opens_in_the_workbench_with_the_model_that_is_in_memory(
    tiny: Path, gallery: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(gallery)
    module._gallery.cache_clear()
    model = tracer.load_model(str(tiny), device="cpu")
    found = tracer.trace(PROMPT, model=model, target=" w9")
    live = found.show(live=True)
    assert live.gallery == gallery and live.address in repr(live)
    assert str(gallery) in live._repr_html_()
    home, token = live.address.split("#")
    address = home.partition("?")[0]
    browser = build_opener(HTTPCookieProcessor())

    def ask(name: str, what: object = None) -> Any:
        data = None if what is None else json.dumps(what).encode()
        request = Request(f"{address}api/{name}", data, {"content-type": "application/json"})
        return json.load(browser.open(request, timeout=20))

    with pytest.raises(HTTPError, match="401"):  # the link's token is needed here too
        ask("state")
    ask("enter", {"token": token})
    assert live.session in [one["id"] for one in ask("state")["sessions"]]
    assert ask("poke", {"session": live.session, "pokes": []})["change"] == 0.0
    assert token not in live.address  # it is used up; the next browser gets another
    assert live.served.bench.now()._bench._model.causal_lm is model.causal_lm
    with pytest.raises(tracer.TracerError, match="has no graph"):
        module.live(3)
