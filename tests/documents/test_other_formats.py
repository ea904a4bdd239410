"""What people import by mistake is called by its name, and what is read is said."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.documents.exchange.test_import_graph import bring_in
from tracer.documents.exchange.share_link import find_graph
from tracer.errors import TracerError

EXAMPLES = {"index": 3, "examples_quantiles": [], "top_logits": []}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"prompt": "x", "nodes": [], "edges": []}, "a graph in another format: it has `edges`"),
        ({"nodes": [], "links": [], "directed": True}, "a graph in another format;"),
        ({"version": "1.0", "added_tokens": [], "model": {"vocab": {}}}, "a tokenizer"),
        ({"name": "a", "version": "1", "dependencies": {}}, "a package's description"),
        ({"model_type": "gemma2", "hidden_size": 8}, "a model's configuration"),
        ([{"nodes": []}], "a list;"),
        ([], "an empty list"),
        ("text", "a text"),
        (None, "nothing"),
        (3, "a number"),
        (EXAMPLES, "the examples of one feature; `tracer import-examples` reads"),
        ({"modelId": "g", "layer": "0-r", "activations": []}, "the examples of one feature"),
        ({"format": 1, "graph_id": "0", "faithfulness": {}}, "the evidence of a graph"),
        ({"labels": {"1_2": {"text": "a"}}, "pins": []}, "annotations of a graph"),
        ({"graphs": [{"slug": "a"}]}, "a list of graphs"),
        ({"$schema": "x", "properties": {}}, "a JSON Schema"),
        ({"format": 1, "meta": {}, "nodes": {"kinds": []}, "links": {}}, "the viewer's data file"),
        ({"qParams": {"pinnedIds": []}}, "a saved view without its graph"),
        ({"id": 3, "url": "https://example.org/a.json"}, "word of where a graph is"),
        ({"cells": [], "nbformat": 4}, "a notebook"),
        ({"metadata": {}, "nodes": []}, "some other JSON: it has no `links`"),
    ],
)
def test_each_in_one_line(tmp_path: Path, data: Any, words: str) -> None:
    with pytest.raises(TracerError) as caught:
        bring_in(tmp_path, json.dumps(data))
    message = str(caught.value)
    assert f"not an attribution graph: this is {words}" in message
    assert message.endswith("with `metadata`, `nodes` and `links`")
    assert "\n" not in message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\n<!doctype html><title>A graph</title>", "a web page or XML; save the graph"),
        (gzip.compress(b'{"nodes": []}', mtime=0), "compressed; unpack it"),
        (b"PK\x03\x04archive/data.pkl", "a zip archive, as circuit-tracer’s `.pt` files are"),
    ],
)
def test_files_that_hold_no_json(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "theirs.json"
    file.write_bytes(content)
    with pytest.raises(TracerError, match="not an attribution graph: this is ") as caught:
        find_graph(str(file))
    assert words in str(caught.value)
