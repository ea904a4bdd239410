"""What is known of features in general is kept and found by source and key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.documents.test_feature_examples import feature_file
from tracer.documents.feature_examples import FeatureExamples
from tracer.documents.feature_store import FeatureStore
from tracer.errors import TracerError

SOURCE = "tiny.neurons"


def record(index: int = 7, **changes: object) -> FeatureExamples:
    return FeatureExamples.model_validate(feature_file(index, **changes))


def test_what_is_saved_is_there_again(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path / "features")
    assert store.sources() == []
    assert store.keys(SOURCE) == set()
    assert store.files(SOURCE) == []
    assert store.load(SOURCE, "0_7") is None
    records = {"0_7": record(7), "12_30": record(30, top_logits=[" Paris"], found_by="a person")}
    store.save(SOURCE, records)
    assert store.sources() == [SOURCE]
    assert store.keys(SOURCE) == set(records)
    assert {key: store.load(SOURCE, key) for key in records} == records
    assert store.load(SOURCE, "0_8") is None
    assert store.load("other.neurons", "0_7") is None


def test_a_record_takes_an_earlier_ones_place_and_others_stay(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path / "features")
    store.save(SOURCE, {"0_7": record(7), "0_8": record(8)})
    store.save(SOURCE, {"0_7": record(7, top_logits=[" Rome"])})
    found = store.load(SOURCE, "0_7")
    assert found is not None
    assert found.top_logits == (" Rome",)
    assert store.load(SOURCE, "0_8") == record(8)


def test_the_files_of_a_source_change_with_its_records_alone(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path / "features")
    store.save(SOURCE, {"0_7": record(7)})
    store.save("other.neurons", {"0_7": record(7)})
    before = {file: file.read_bytes() for file in store.files(SOURCE)}
    assert before
    (store.root / SOURCE / "README.txt").write_text("who made these")
    (store.root / "README.md").write_text("and why")
    store.save("other.neurons", {"0_7": record(8)})
    assert {file: file.read_bytes() for file in store.files(SOURCE)} == before
    store.save(SOURCE, {"0_7": record(8)})
    assert {file: file.read_bytes() for file in store.files(SOURCE)} != before


@pytest.mark.parametrize("key", ["../7", "0", "0_7.json", "", "0/7", "0_7\n"])
def test_a_key_is_no_path(tmp_path: Path, key: str) -> None:
    store = FeatureStore(tmp_path / "features")
    with pytest.raises(ValueError, match="no feature's key"):
        store.save(SOURCE, {"0_1": record(), key: record()})
    assert not store.root.exists()
    assert store.load(SOURCE, key) is None


def test_a_damaged_record_is_told_with_its_place(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path / "features")
    store.save(SOURCE, {"0_7": record(7)})
    (file,) = store.files(SOURCE)
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(TracerError, match=SOURCE):
        store.load(SOURCE, "0_7")


def test_a_file_of_one_record_is_read_too_and_gives_way_to_what_is_saved(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path / "features")
    store.save(SOURCE, {"0_7": record(7), "0_8": record(8)})
    alone = store.root / SOURCE / "0_7.json"
    alone.write_text(json.dumps(feature_file(7, top_logits=[" Rome"])))
    found = store.load(SOURCE, "0_7")
    assert found is not None and found.top_logits == (" Rome",)
    assert store.keys(SOURCE) == {"0_7", "0_8"}
    assert [file.suffix for file in store.files(SOURCE)] == [".features", ".json"]
    store.save(SOURCE, {"0_7": record(7, top_logits=[" Paris"])})
    found = store.load(SOURCE, "0_7")
    assert found is not None and found.top_logits == (" Paris",)
    assert not alone.exists()
