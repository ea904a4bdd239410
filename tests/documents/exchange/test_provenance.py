"""Who made a graph of another program, with what, and out of what."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from tests.builders import make_graph
from tests.foreign_graphs import foreign_graph
from tracer.documents.exchange.provenance import Named, is_foreign, provenance_of, web_address
from tracer.documents.graph import Graph

INFO: dict[str, Any] = {
    "creator_name": "Ann \u202eof\n<b>Lab</b>",
    "creator_url": "https://lab.example/ann",
    "generator": {"name": "their-tracer", "version": "0.2 | ab", "url": "https://x.example/t"},
    "source_urls": ["https://hub.example/sets/clt-hp", "javascript:alert(1)", 7, None],
    "transcoder_set": "lab/clt",
    "neuronpedia_source_set": "clt-hp",
    "neuronpedia_link": "https://www.viewer.example/m/graph?slug=a",
    "create_time_ms": 1756519490164,
    "description": "What\nit shows",
}


def with_metadata(**metadata: Any) -> Graph:
    graph = foreign_graph()
    graph["metadata"] |= metadata
    return Graph.model_validate(graph)


@pytest.mark.parametrize("info", [INFO, str(INFO)], ids=["mapping", "text of a dictionary"])
def test_everything_that_neuronpedias_schema_has_a_place_for(info: Any) -> None:
    settings = {"generation_settings": {"max_n_logits": 10}, "pruning_settings": {"edge": 0.5}}
    made = provenance_of(with_metadata(info=info, **settings))
    assert made.creator == Named("Ann of <b>Lab</b>", "https://lab.example/ann")
    assert made.generator == Named("their-tracer 0.2 | ab", "https://x.example/t")
    assert made.sources == (
        Named("https://hub.example/sets/clt-hp", "https://hub.example/sets/clt-hp"),
        Named("javascript:alert(1)"),
        Named("7"),
        Named("lab/clt"),
    )
    assert made.page == Named("www.viewer.example", INFO["neuronpedia_link"])
    assert made.created == datetime.date(2025, 8, 30)
    assert made.description == "What it shows"
    assert made.settings == "max_n_logits 10, edge 0.5"


@pytest.mark.parametrize(
    "info",
    [None, 3, [], "text", "{", "{[[[", {"generator": []}, {"source_urls": {}, "creator_name": {}}],
)
def test_what_says_nothing_is_nothing(info: Any) -> None:
    made = provenance_of(with_metadata(info=info))
    assert (made.creator, made.generator, made.sources) == (None, None, ())


@pytest.mark.parametrize("moment", [10**400, float("inf"), -1, True, "1756519490164", None])
def test_a_time_that_is_none(moment: Any) -> None:
    assert provenance_of(with_metadata(info={"create_time_ms": moment})).created is None


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//example.org",
        "https://",
        "https://user@example.org",
        "https://example.org/\x07",
        "https://example.org/ x",
        'https://example.org/"onclick=',
        "https://example.org:99999999/",
        "https://[",
        "https://example.org/" + "a" * 3000,
        None,
        3,
    ],
)
def test_addresses_that_no_page_leads_to(address: object) -> None:
    assert web_address(address) is None


def test_ours_are_not_foreign_unless_somebody_is_named() -> None:
    assert not is_foreign(make_graph(info={"generator": {"name": "tracer"}}))
    assert is_foreign(make_graph(info={"creator_name": "Bo"}))
    assert is_foreign(with_metadata())
