"""What the tracer writes as YAML is read back as the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.documents.annotation_text import yaml_quoted, yaml_scalar
from tracer.documents.yaml_source import parse_yaml


def read(written: str) -> object:
    return parse_yaml(f"text: {written}\n", Path("x.yaml")).data["text"]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_any_text_is_read_back(text: str) -> None:
    assert read(yaml_scalar(text)) == read(yaml_quoted(text)) == text


@pytest.mark.parametrize("sign", ["\x7f", "\x85", "\u2028", "\ufeff", "\ufffe", "\uffff"])
def test_signs_that_json_lets_stand_and_yaml_does_not_are_escaped(sign: str) -> None:
    assert read(yaml_quoted(f"a{sign}b")) == f"a{sign}b"


@pytest.mark.parametrize("sign", ["\0", "\ud800"])
def test_what_no_file_may_hold_is_replaced(sign: str) -> None:
    assert read(yaml_quoted(f"a{sign}b")) == "a\ufffdb"
