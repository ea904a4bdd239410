"""JSON that is no attribution graph, and what it seems to be instead, in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

READ = (
    "what is read are graphs of circuit-tracer and Neuronpedia: JSON with `metadata`, `nodes` and "
    "`links`"
)
_PARTS = ("metadata", "nodes", "links")

_Looks = Callable[[dict[str, Any]], bool]


def no_graph(data: Any) -> str | None:
    """What is wrong with data that has not even a graph's parts; None where it has them.

    >>> no_graph({"version": "1.0", "model": {"vocab": {}}})
    'this is a tokenizer'
    """
    if not isinstance(data, dict):
        return f"this is {_plain(data)}"
    missing = [f"`{part}`" for part in _PARTS if part not in data]
    if not missing:
        return None
    seems = next((words for words, looks in _SEEMS if looks(data)), None)
    lacks = f"it has no {' and no '.join(missing)}"
    return f"this is {seems}" if seems else f"this is some other JSON: {lacks}"


def no_text(start: bytes) -> str | None:
    """What a file is whose first bytes are no JSON text; None where they may be."""
    if start.startswith(b"PK"):
        return "a zip archive, as circuit-tracer’s `.pt` files are; make its JSON files from that"
    if start.startswith(b"\x1f\x8b"):
        return "compressed; unpack it with gunzip"
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return "a web page or XML; save the graph’s JSON, not the page that shows it"
    return None


def _plain(data: Any) -> str:
    if isinstance(data, list):
        return "a list" if data else "an empty list"
    names = {str: "a text", bool: "a single word", int: "a number", float: "a number"}
    return names.get(type(data), "nothing (`null`)")


def _has(*keys: str) -> _Looks:
    return lambda data: all(key in data for key in keys)


def _columns(data: dict[str, Any]) -> bool:
    return "meta" in data and isinstance(data.get("nodes"), dict)


def _elsewhere(data: dict[str, Any]) -> bool:
    return "nodes" not in data and str(data.get("url", "")).startswith(("http://", "https://"))


def _tokenizer(data: dict[str, Any]) -> bool:
    model = data.get("model")
    return isinstance(model, dict) and "vocab" in model


# The first that fits; each names what the file is and, where there is one, the way on.
_SEEMS: tuple[tuple[str, _Looks], ...] = (
    ("the viewer's data file; the graph itself is what its page offers as JSON", _columns),
    ("a graph in another format: it has `edges`, not `links`", _has("nodes", "edges")),
    ("a graph in another format", _has("nodes", "links")),
    ("a list of graphs, not one of them", _has("graphs")),
    ("a tokenizer", _tokenizer),
    (
        "the examples of one feature; `tracer import-examples` reads a folder of those",
        lambda data: "examples_quantiles" in data or ("activations" in data and "modelId" in data),
    ),
    ("the evidence of a graph, not the graph", _has("faithfulness")),
    ("the evidence of a graph, not the graph", _has("graph_id", "claims")),
    (
        "annotations of a graph, not the graph",
        lambda data: (
            "nodes" not in data
            and any(key in data for key in ("labels", "groups", "pins", "counterpoints"))
        ),
    ),
    ("a JSON Schema, not data", _has("$schema", "properties")),
    ("a notebook", _has("cells", "nbformat")),
    (
        "a package's description",
        lambda data: (
            "version" in data
            and any(key in data for key in ("dependencies", "devDependencies", "scripts"))
        ),
    ),
    ("a model's configuration", lambda data: "model_type" in data or "architectures" in data),
    (
        "a saved view without its graph",
        lambda data: (
            not _has("metadata")(data) and any(key in data for key in ("qParams", "pinnedIds"))
        ),
    ),
    ("word of where a graph is, not the graph; import the address in it", _elsewhere),
)
