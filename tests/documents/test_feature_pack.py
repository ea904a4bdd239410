"""Records packed into one file come out as they went in, and little is needed for each."""

from __future__ import annotations

import random
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.documents.test_feature_examples import feature_file
from tracer.documents.feature_examples import FeatureExamples
from tracer.documents.feature_pack import (
    in_steps,
    pack_features,
    packed_keys,
    packed_record,
    packed_records,
)
from tracer.documents.parts.packed import body_of, head_of, wrap
from tracer.errors import TracerError

REPOSITORY = Path(__file__).parents[2]
BUDGET = 1500  # bytes of a feature


def record(examples: list[dict[str, Any]], **more: Any) -> FeatureExamples:
    quantile = {"quantile_name": "Top", "examples": examples, **more}
    return FeatureExamples.model_validate(feature_file(examples_quantiles=[quantile]))


def packed(tmp_path: Path, records: dict[str, FeatureExamples]) -> Path:
    file = tmp_path / "0.features"
    file.write_bytes(pack_features(records))
    return file


def columns(file: Path) -> str:
    raw = file.read_bytes()
    return body_of(raw, file, head_of(raw, file, "features")).decode()


values = st.floats(-1e4, 1e4).map(lambda value: float(f"{value:.3g}"))
pieces = st.lists(st.tuples(st.text(max_size=4), values), max_size=6)


@given(st.lists(pieces, max_size=4), st.booleans(), st.booleans())
def test_what_goes_in_comes_out(
    tmp_path_factory: pytest.TempPathFactory, texts: Any, below: bool, stepped: bool
) -> None:
    examples = []
    for text in texts:
        acts = [act for _, act in text]
        acts = in_steps(acts, below=below) if acts and stepped else acts
        examples.append({"tokens": [token for token, _ in text], "tokens_acts_list": acts})
    records = {"0_1": record(examples, below=below), "0_2": record([])}
    file = packed(tmp_path_factory.mktemp("packed"), records)
    assert packed_records(file) == records
    assert packed_keys(file) == ("0_1", "0_2")
    assert packed_record(file, "0_1") == records["0_1"]


def test_activations_in_steps_keep_the_strongest_and_are_letters(tmp_path: Path) -> None:
    acts = in_steps([0.01, 12.345, -3.1, 6.0, -40.0])
    assert acts == pytest.approx([0.0, 12.3, -3.075, 6.15, -40.0], abs=0.05)
    assert acts[1] == 12.3
    assert min(in_steps([0.5, -2.345, 9.0], below=True)) == -2.35
    texts = [{"tokens": [" a ", "cd"] * 2 + [" e"], "tokens_acts_list": acts}]
    assert '"acts":["' in columns(packed(tmp_path, {"0_1": record(texts)}))
    assert "12.3,12.3" not in columns(packed(tmp_path, {"0_1": record(texts)}))


def test_what_another_program_wrote_is_kept_whole(tmp_path: Path) -> None:
    examples: list[dict[str, Any]] = [
        {"tokens": ["a", "\x7f"], "tokens_acts_list": [1.0, 0.5]},
        {"tokens": ["a", "b"], "tokens_acts_list": [1.23456, 0.5]},
        {"tokens": ["a"], "tokens_acts_list": [1.0], "train_token_ind": 4},
        {"tokens": [], "tokens_acts_list": []},
    ]
    records = {"0_1": record(examples), "0_2": record(examples[:1])}
    assert packed_records(packed(tmp_path, records)) == records


def test_the_same_records_are_the_same_bytes() -> None:
    records = {f"0_{n}": record([], quantile_of=n) for n in range(20)}
    keys = list(records)
    random.Random(1).shuffle(keys)
    assert pack_features(records) == pack_features({key: records[key] for key in keys})


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        "{}",
        '{"records":[{}],"quantiles":[],"texts":[],"peaks":[],"acts":[]}',
        '{"records":[{}],"quantiles":[[[{},1]]],"texts":[],"peaks":[],"acts":[]}',
        '{"records":[{}],"quantiles":[[[{},1]]],"texts":["a"],"peaks":[1e308],"acts":["z"]}',
        '{"records":[{}],"quantiles":[[[{},1]]],"texts":["a"],"peaks":["a"],"acts":["z"]}',
        '{"records":[{}],"quantiles":[[[{},1]]],"texts":["a"],"peaks":[1],"acts":["zz"]}',
        '{"records":[{}],"quantiles":[[]],"texts":["a"],"peaks":[],"acts":[]}',
        '{"records":[{}],"quantiles":[[]],"texts":[],"peaks":[],"acts":[]}',
        '{"records":[{}],"quantiles":[["a"]],"texts":[7],"peaks":[],"acts":[]}',
        '{"records":[7],"quantiles":[[]],"texts":[],"peaks":[],"acts":[]}',
    ],
)
def test_a_damaged_file_is_told_with_its_place(tmp_path: Path, body: str) -> None:
    file = tmp_path / "0.features"
    file.write_bytes(wrap("features", {"keys": ["0_1"]}, body.encode()))
    with pytest.raises(TracerError, match=r"0\.features.*find-examples"):
        packed_record(file, "0_1")


@pytest.mark.parametrize(
    "keys", [None, [1], ["../1"], ["0_1", "0_1"], {"0_1": 1}], ids=["none", "n", "path", "2", "map"]
)
def test_a_file_that_does_not_say_whose_it_is_is_refused(tmp_path: Path, keys: Any) -> None:
    file = tmp_path / "0.features"
    file.write_bytes(wrap("features", {"keys": keys}, zlib.compress(b"{}")))
    with pytest.raises(TracerError, match="does not say whose"):
        packed_keys(file)


def test_the_gallerys_own_records_take_little_room() -> None:
    files = sorted((REPOSITORY / "features").glob("*/*"))
    assert all(file.suffix == ".features" for file in files)
    count = sum(len(packed_keys(file)) for file in files)
    assert count > 1700
    assert sum(file.stat().st_size for file in files) / count <= BUDGET
