"""The part with stability: what is written is read, and what is no such part is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.account_graphs import FEATURES, GRAPH_ID
from tracer.documents.parts.packed import pack
from tracer.documents.parts.parts import Parts, load_parts, stability_file
from tracer.documents.parts.stability import NAME, Change, Stability, read_stability
from tracer.errors import TracerError

FOUND = Stability(
    graph_id=GRAPH_ID,
    changes=(Change(change="a quarter fewer", survives=0.9), Change(change="x", survives=0.5)),
    nodes=dict.fromkeys(FEATURES, 1.0) | {FEATURES[0]: 0.0},
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    file = tmp_path / "1.json"
    Parts(stability=FOUND).save(file)
    assert stability_file(file).name == "1.stability.bin"
    assert load_parts(file, GRAPH_ID) == Parts(stability=FOUND)


def test_one_number_tells_all_and_effects_weigh() -> None:
    assert FOUND.stable == pytest.approx(0.7)
    effects = {FEATURES[0]: -3.0, FEATURES[1]: 1.0}
    assert FOUND.of(FEATURES[:2], effects) == pytest.approx(0.25)
    assert FOUND.of(FEATURES[:2], {}) == pytest.approx(0.5)
    assert FOUND.of(["9_9_9"], effects) is None


@pytest.mark.parametrize("change", [{"changes": []}, {"nodes": {"0_7_4": 1.5}}, {"secret": 1}])
def test_what_is_no_such_part_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    file = tmp_path / "1.stability.bin"
    body = json.dumps(FOUND.model_dump(mode="json") | change).encode()
    file.write_bytes(pack(NAME, GRAPH_ID, {}, body))
    with pytest.raises(TracerError, match=r"1\.stability\.bin: it is not the stability of a graph"):
        read_stability(file, GRAPH_ID)
    with pytest.raises(TracerError, match="another graph"):
        read_stability(file, "1" * 64)
