"""Node references and annotations."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracer.documents.annotations import Annotations, load_annotations
from tracer.documents.references import Reference
from tracer.errors import Problems

IDS = ["2_58_1", "22_580_1", "22_580_14", "22_5801_14", "E_3_1"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("22_580_14", ["22_580_14"]),
        ("22_580", ["22_580_1", "22_580_14"]),
        ("2_58", ["2_58_1"]),
        ("E_3_1", ["E_3_1"]),
        ("22_99", []),
        ("group:italy", ["22_580_14", "E_3_1"]),
        ("group:france", []),
    ],
)
def test_references_resolve(text: str, expected: list[str]) -> None:
    assert Reference(text).resolve(IDS, {"italy": ["E_3_1", "22_580_14"]}) == expected


def test_one_positions_label_wins(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(
        "labels:\n"
        '  "22_580":    {text: languages, by: ann, confidence: high}\n'
        '  "22_580_14": {text: Italian, by: bo}\n'
        "groups:\n"
        '  italy: {name: Italy, nodes: ["22_580"], by: ann}\n'
    )
    annotations, _ = load_annotations(file)
    labels = {one: annotations.label_of(one) for one in IDS}
    assert labels["22_580_14"] and labels["22_580_14"].text == "Italian"
    assert labels["22_580_1"] and labels["22_580_1"].text == "languages"
    assert labels["2_58_1"] is None
    assert annotations.group_members(IDS) == {"italy": ["22_580_1", "22_580_14"]}


def test_mistakes_are_located(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("labels:\n  '1_2': {txet: x}\ngroups:\n  Bad Key: {name: x, nodes: []}\n")
    with pytest.raises(Problems) as caught:
        load_annotations(file)
    text = str(caught.value)
    assert "a.yaml:2:11: unknown key `txet`; did you mean `text`?" in text
    assert "a.yaml:4:" in text


def test_an_empty_file_says_nothing(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("# nothing yet\n")
    assert load_annotations(file)[0] == Annotations()


def test_a_feature_is_named_in_the_digits_that_browsers_know() -> None:
    assert Reference("٢٢_٥٨٠").resolve(["٢٢_٥٨٠_1"], {}) == []
