"""Every reader of what a stranger or another program wrote, as one function of bytes.

A reader returns or raises TracerError. `read` goes as far as the program does before it trusts
what it has: it also writes what it read, or asks it what pages ask.
"""

from __future__ import annotations

import atexit
import io
import json
import os
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from tests.builders import make_graph
from tests.foreign_graphs import foreign_graph
from tests.heads_part import GRAPH_ID, heads
from tracer.documents.annotation_text import annotations_text
from tracer.documents.annotations import Annotations, load_annotations
from tracer.documents.evidence import load_evidence
from tracer.documents.exchange.error_ids import told_apart
from tracer.documents.exchange.saved_work import annotations_of
from tracer.documents.exchange.share_link import ShareLink
from tracer.documents.feature_examples import FeatureExamples, load_feature_examples
from tracer.documents.feature_labels import load_feature_labels
from tracer.documents.feature_pack import pack_features, packed_records
from tracer.documents.files import decode_text
from tracer.documents.graph import graph_of, parse_graph
from tracer.documents.json_text import decode
from tracer.documents.parts.heads import read_heads
from tracer.documents.parts.packed import pack, wrap
from tracer.documents.prompt_entry import with_entry
from tracer.documents.prompts import load_prompts
from tracer.documents.references import slug_from
from tracer.documents.set_account import load_set
from tracer.documents.set_claims import load_set_annotations
from tracer.documents.set_evidence import load_set_evidence
from tracer.documents.site_config import load_site_config
from tracer.documents.yaml_source import parse_yaml
from tracer.documents.yaml_spans import spans
from tracer.features.weights.config import load_config
from tracer.features.weights.gemma_scope_2 import gemma_scope_2_settings
from tracer.features.weights.npz_file import npz_tensors
from tracer.features.weights.safetensors_file import safetensors_tensors
from tracer.features.weights.sparsify import sparsify_settings
from tracer.features.weights.stored import Stored
from tracer.model.files import find_model
from tracer.site.building.manifest import Manifest, Record, load_manifest
from tracer.site.content.texts import load_markdown
from tracer.site.prose.markdown import render

REPOSITORY = Path(__file__).parents[1]


@dataclass(frozen=True)
class Reader:
    """`seeds` are documents that it takes; `name` is a folder of `tests/data/hostile/`."""

    name: str
    read: Callable[[bytes], object]
    seeds: tuple[bytes, ...]


def _scratch() -> Path:
    """One folder a process; in memory where there is such a place, since each case is written."""
    memory = Path("/dev/shm")
    usable = memory.is_dir() and os.access(memory, os.W_OK)
    return Path(tempfile.mkdtemp(prefix="tracer-readers-", dir=memory if usable else None))


class _Folder:
    """Where cases are written, made when the first one is."""

    def __init__(self) -> None:
        self._path: Path | None = None

    @property
    def path(self) -> Path:
        if self._path is None:
            self._path = _scratch()
            atexit.register(shutil.rmtree, self._path, ignore_errors=True)
        return self._path


SCRATCH = _Folder()


def _file(name: str, load: Callable[[Path], object], case: bytes) -> object:
    file = SCRATCH.path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(case)
    return load(file)


def _graph(case: bytes) -> None:
    graph = parse_graph(case, Path("graph.json"))
    for node in graph.nodes:
        _ = node.kind, node.layer_number, node.index
    parse_graph(graph.to_json().encode(), Path("again.json"))


def _imported(case: bytes) -> None:
    """What `import_graph` does, without the schemas that it writes."""
    file = Path("theirs.json")
    data, _ = told_apart(decode(decode_text(case, file), file, hint="again"))
    graph = graph_of(data, file)
    work, _ = annotations_of(graph, revision=1)
    text = annotations_text(work)
    assert parse_yaml(text, Path("a.yaml")).validate(Annotations) == work
    slug_from(graph.metadata.slug)


def _evidence(case: bytes) -> None:
    _file("1.evidence.json", lambda file: load_evidence(file).to_json(), case)


def _annotations(case: bytes) -> None:
    _file("slug.yaml", load_annotations, case)
    spans(decode_text(case, Path("slug.yaml")), depth=3)


def _prompts(case: bytes) -> None:
    _file("prompts.yaml", load_prompts, case)
    text = decode_text(case, Path("prompts.yaml"))
    with_entry(text, Path("prompts.yaml"), {"slug": "one-more", "prompt": "Once: more"})


def _markdown(case: bytes) -> None:
    def rendered(file: Path) -> None:
        found = load_markdown(file)
        render(found.body, found.file)

    _file("page.md", rendered, case)


def _link(case: bytes) -> None:
    link = ShareLink.parse(case.decode("utf-8", "replace"))
    _ = link.names_a_viewer, link.work, link.look, link.graph_address


def _manifest(case: bytes) -> None:
    assert isinstance(_file("manifest.json", load_manifest, case), Manifest)


def _tensors(name: str, load: Callable[[Path], Mapping[str, Stored]], case: bytes) -> None:
    def read(file: Path) -> None:
        for tensor in load(file).values():
            if 0 not in tensor.shape:
                tensor.array().sum()

    _file(name, read, case)


def _beside(name: str, settings: Callable[[Path], object], case: bytes) -> None:
    _file(name, lambda file: settings(file.parent / "weights.safetensors"), case)


def _model(case: bytes) -> None:
    folder = SCRATCH.path / "model"
    folder.mkdir(exist_ok=True)
    (folder / "model.safetensors").write_bytes(_TWO_LAYERS)
    cache = {"TRACER_CACHE": str(SCRATCH.path / "cache")}
    with patch.dict(os.environ, cache):  # what it remembers is no model's of this person
        _file("model/config.json", lambda _: find_model(str(folder)), case)


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _npz(save: Callable[..., None]) -> bytes:
    packed = io.BytesIO()
    save(packed, W_enc=np.ones((3, 4), np.float32), b_enc=np.zeros(4))
    return packed.getvalue()


def npz_of(header: bytes, *, packed: bool = False) -> bytes:
    """An npz file with one array of this header and 48 bytes behind it."""
    made = io.BytesIO()
    kind = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(made, "w", kind) as archive:
        before = b"\x93NUMPY\x02\x00" + struct.pack("<I", len(header))
        archive.writestr("W_enc.npy", before + header + bytes(48))
    return made.getvalue()


def safetensors_of(header: bytes) -> bytes:
    """A safetensors file with this header and 28 bytes behind it."""
    return struct.pack("<Q", len(header)) + header + bytes(28)


def _found(*paths: str) -> tuple[bytes, ...]:
    return tuple((REPOSITORY / path).read_bytes() for path in paths)


_HEADER = _json(
    {
        "__metadata__": {"format": "pt"},
        "W_enc": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
        "b_enc": {"dtype": "BF16", "shape": [2], "data_offsets": [24, 28]},
    }
)
_SAFETENSORS = safetensors_of(_HEADER)
_TWO_LAYERS = safetensors_of(
    _json(
        {
            "model.layers.0.a": {"dtype": "BF16", "shape": [14, 1], "data_offsets": [0, 28]},
            "model.layers.1.a": {"dtype": "BF16", "shape": [0, 8], "data_offsets": [28, 28]},
        }
    )
)
_NPY = b"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }\n"
_LINK = (
    "https://example.org/gemma-2-2b/graph?slug=a-b&pinnedIds=3_10_3,E_1_1&clickedId=3_10_3"
    "&supernodes=%5B%5B%22cat%22,%223_10_3%22%5D%5D&clerps=%5B%5B%223_10%22,%22dog%22%5D%5D"
    "&pruningThreshold=0.5"
)
_EXAMPLES = {
    "index": 7,
    "examples_quantiles": [
        {"quantile_name": "Top", "examples": [{"tokens": ["a"], "tokens_acts_list": [1.5]}]}
    ],
    "top_logits": [" a"],
    "histogram": [1, 2],
    "act_max": 2.5,
}
_PACKED = pack_features({"22_580": FeatureExamples.model_validate(_EXAMPLES)})
_BODY = zlib.decompress(_PACKED[_PACKED.index(b"\n") + 1 :])
_MARKDOWN = b"""---
title: A title
date: 2026-01-01
tags: [one, two]
---
# Heading

Text[^1], `code`, $x^2$, a [link](https://example.org) and a | table |.

> - a list

```python
print(1)
```

[^1]: A note.
"""
_LABELS = b'labels:\n  "22_580": {text: languages, by: ann, confidence: high}\n'
_CONFIG = b"""feature_input_hook: mlp.hook_in
feature_output_hook: mlp.hook_out
activation: topk
k: 128
transcoders: ["hf://org/repo/layer_0.safetensors?revision=main", "b"]
"""

READERS: tuple[Reader, ...] = (
    Reader("graph", _graph, (make_graph().to_json().encode(), _json(foreign_graph()))),
    Reader("import", _imported, (_json(foreign_graph()),)),
    Reader("evidence", _evidence, _found("graphs/import-numpy/1.evidence.json")),
    Reader(
        "feature-examples",
        partial(_file, "22_580.json", load_feature_examples),
        (_json(_EXAMPLES),),
    ),
    Reader("features", partial(_file, "22.features", packed_records), (_PACKED,)),
    Reader(
        "features-body",
        lambda case: _file(
            "22.features", packed_records, wrap("features", {"keys": ["22_580"]}, case)
        ),
        (_BODY,),
    ),
    Reader(
        "heads",
        partial(_file, "1.heads.bin", partial(read_heads, graph_id=GRAPH_ID)),
        (heads().packed(),),
    ),
    Reader(
        "heads-body",
        lambda case: _file(
            "1.heads.bin", partial(read_heads, graph_id=GRAPH_ID), pack("heads", GRAPH_ID, {}, case)
        ),
        (json.dumps(heads().to_dict()).encode(),),
    ),
    Reader("set", partial(_file, "1.json", load_set), _found("sets/is-or-are/1.json")),
    Reader(
        "set-evidence",
        partial(_file, "1.evidence.json", load_set_evidence),
        _found("sets/is-or-are/1.evidence.json"),
    ),
    Reader(
        "set-annotations",
        partial(_file, "is-or-are.yaml", load_set_annotations),
        _found("site_src/sets/is-or-are.yaml"),
    ),
    Reader("annotations", _annotations, _found("site_src/annotations/colosseum-italian.yaml")),
    Reader("labels", partial(_file, "labels.yaml", load_feature_labels), (_LABELS,)),
    Reader("prompts", _prompts, _found("site_src/prompts.yaml")),
    Reader("site", partial(_file, "site.yaml", load_site_config), _found("site_src/site.yaml")),
    Reader("markdown", _markdown, (_MARKDOWN,)),
    Reader("share-link", _link, (_LINK.encode(), b"http://localhost/index.html?slug=a")),
    Reader(
        "manifest",
        _manifest,
        (Manifest(units={"a": Record(key="b", asked={}, files={})}).model_dump_json().encode(),),
    ),
    Reader(
        "npz",
        partial(_tensors, "params.npz", partial(npz_tensors, layer=0)),
        (_npz(np.savez), _npz(np.savez_compressed)),
    ),
    Reader(
        "npz-header",
        lambda case: _tensors("params.npz", partial(npz_tensors, layer=0), npz_of(case)),
        (_NPY,),
    ),
    Reader(
        "safetensors",
        partial(_tensors, "layer_0.safetensors", partial(safetensors_tensors, layer=0)),
        (_SAFETENSORS,),
    ),
    Reader(
        "safetensors-header",
        lambda case: _tensors(
            "layer_0.safetensors", partial(safetensors_tensors, layer=0), safetensors_of(case)
        ),
        (_HEADER,),
    ),
    Reader("transcoders", partial(_file, "config.yaml", load_config), (_CONFIG,)),
    Reader(
        "sparsify",
        partial(_beside, "layers.0.mlp/cfg.json", sparsify_settings),
        (_json({"k": 32, "transcode": True, "activation": "topk", "signed": False}),),
    ),
    Reader(
        "gemma-scope",
        partial(_beside, "config.json", partial(gemma_scope_2_settings, layer=0)),
        (_json({"hf_hook_point_in": "model.layers.3.mlp.input", "width": 16384}),),
    ),
    Reader(
        "model",
        _model,
        (_json({"model_type": "llama", "num_hidden_layers": 2, "hidden_size": 8}),),
    ),
)
BY_NAME = {reader.name: reader for reader in READERS}
