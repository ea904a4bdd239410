"""The part with heads: what is written is read, and what is no such part is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.heads_part import GRAPH_ID, WHY, heads, look
from tracer.documents.parts.heads import NAME, read_heads
from tracer.documents.parts.packed import pack
from tracer.documents.parts.parts import Parts, heads_file, load_parts
from tracer.errors import TracerError


def test_what_is_written_is_read(tmp_path: Path) -> None:
    file = tmp_path / "1.json"
    Parts(heads=heads()).save(file)
    assert load_parts(file, GRAPH_ID) == Parts(heads=heads())
    assert heads_file(file).name == "1.heads.bin"


def test_numbers_keep_four_digits(tmp_path: Path) -> None:
    file = tmp_path / "1.heads.bin"
    file.write_bytes(heads(probability=0.123456789).packed())
    assert read_heads(file, GRAPH_ID).probability == 0.1235


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"flows": [{"source": 9, "target": 0, "flow": 1, "in_place": 0, "heads": []}]}, "a flow"),
        ({"looks": [], "together": {"looks": [0], "actual": 1}}, "a look that is not there"),
        ({"looks": [look(why=WHY | {"key": 3}).model_dump()], "together": None}, "why it looked"),
        (
            {"looks": [look(why=WHY | {"pieces": []}).model_dump()], "together": None},
            "why it looked",
        ),
        ({"layers": "many"}, "layers"),
        ({"flows": [{"source": 0, "target": 0, "flow": 1, "heads": []}]}, "in_place"),
        ({"secret": 1}, "secret"),
    ],
)
def test_what_is_no_such_part_is_refused(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    file = tmp_path / "1.heads.bin"
    body = json.dumps(heads().to_dict() | change).encode()
    file.write_bytes(pack(NAME, GRAPH_ID, {}, body))
    with pytest.raises(TracerError, match=said):
        read_heads(file, GRAPH_ID)
    file.write_bytes(pack(NAME, GRAPH_ID, {}, b"{"))
    with pytest.raises(TracerError, match=r"1\.heads\.bin"):
        read_heads(file, GRAPH_ID)
    with pytest.raises(TracerError, match="another graph"):
        read_heads(file, "1" * 64)


def test_predictions_that_fail_are_known() -> None:
    good = tuple(look(predicted=-one, actual=-1.1 * one) for one in (1.0, 0.5, 0.2, 0.1))
    bad = tuple(look(predicted=-one, actual=one) for one in (1.0, 0.5, 0.2, 0.1))
    assert heads(looks=good).correlation == pytest.approx(1.0)
    assert not heads(looks=good).predicts_badly and heads(looks=bad).predicts_badly
    assert heads(looks=good[:3]).correlation is None and not heads(looks=good[:3]).predicts_badly
    assert heads().group_of(["1_3_4"]) == 1 and heads().group_of(["1_3_4", "0_7_4"]) is None
