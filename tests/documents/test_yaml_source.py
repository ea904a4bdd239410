"""YAML is read strictly, and every mistake is located."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from tracer.documents.yaml_source import load_yaml, parse_yaml
from tracer.errors import Problems, TracerError

FILE = Path("some.yaml")


class Item(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    count: int = 1


class Shelf(BaseModel):
    model_config = ConfigDict(extra="forbid")
    items: list[Item] = []
    by_key: dict[str, Item] = {}
    owner: Item | None = None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("No", "No"),
        ("on", "on"),
        ("12_000", "12_000"),
        ("0o17", 15),
        ("0x1F", 31),
        ("017", 17),
        ("true", True),
        ("~", None),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("2026-01-01", "2026-01-01"),
        ("'12'", "12"),
        ('" Italian"', " Italian"),
        ("1:30", "1:30"),
    ],
)
def test_scalars_follow_the_core_schema(text: str, value: object) -> None:
    assert parse_yaml(f"key: {text}", FILE).data == {"key": value}


def test_places_are_those_of_keys_and_values() -> None:
    source = parse_yaml("a: 1\nlist:\n  - {x: 10, y: 20}\n", FILE)
    assert str(source.place(("list", 0, "y"))) == "some.yaml:3:16"
    assert str(source.place(("list", 0, "y"), key=True)) == "some.yaml:3:13"
    assert str(source.place(("list", 7, "z"))) == "some.yaml:3:3"


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a: &x [1]\nb: *x\n", "2:4", "alias"),
        ("a: !!python/object:os.system x", "1:4", "tag"),
        ("a: 1\nb: 2\na: 3", "3:1", "a second time"),
        ("a: [1, 2", "2:1", "not valid YAML"),
        ("? [1]\n: 2", "1:3", "plain text"),
        ("a: 1\n---\nb: 2", "3:1", "second document"),
        ("[" * 40, "1:17", "nesting"),
        ("- " * 400_000, "1:33", "nesting"),
        ("a:\tb: c", "1:5", "not valid YAML"),
    ],
)
def test_what_is_refused_says_where(text: str, place: str, words: str) -> None:
    with pytest.raises(TracerError, match=words) as caught:
        parse_yaml(text, FILE)
    assert str(caught.value).startswith(f"some.yaml:{place}: ")


def test_a_wrong_key_gets_its_near_match() -> None:
    source = parse_yaml("items:\n  - {nam: a}\nby_key:\n  k: {name: b, cuont: 2}\n", FILE)
    with pytest.raises(Problems) as caught:
        source.validate(Shelf)
    assert [str(one) for one in caught.value.problems] == [
        "some.yaml:2:5: `name` is missing",
        "some.yaml:2:6: unknown key `nam`; did you mean `name`?",
        "some.yaml:4:16: unknown key `cuont`; did you mean `count`?",
    ]


def test_a_wrong_value_is_shown() -> None:
    source = parse_yaml("owner: {name: a, count: many}", FILE)
    with pytest.raises(Problems, match=r"some.yaml:1:25: `owner.count`: .*'many'"):
        source.validate(Shelf)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("items: {name: a}", r"1:8: `items`: should be a list"),
        ("items:", r"1:7: `items`: should be a list \(found nothing\)"),
        ("by_key: [a]", r"1:9: `by_key`: should be `key: value` pairs"),
        ("items: [a]", r"1:9: `items\[0\]`: should be `key: value` pairs \(found 'a'\)"),
        (
            "owner: {name: 3}",
            r"1:15: `owner.name`: should be text, in quotes if need be \(found 3\)",
        ),
    ],
)
def test_a_wrong_kind_is_told_in_the_words_of_yaml(text: str, words: str) -> None:
    with pytest.raises(Problems, match=words):
        parse_yaml(text, FILE).validate(Shelf)


def test_wrong_encoding_and_missing_file(tmp_path: Path) -> None:
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"a: 1\nname: caf\xe9\n")
    with pytest.raises(TracerError, match=r"latin.yaml:2: byte 0xe9 is not UTF-8; save"):
        load_yaml(latin)
    with pytest.raises(TracerError, match="no such file"):
        load_yaml(tmp_path / "absent.yaml")


def test_windows_line_ends_and_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "windows.yaml"
    file.write_bytes(b"\xef\xbb\xbfa: 1\r\nb:\r\n  - x\r\n")
    source = load_yaml(file)
    assert source.data == {"a": 1, "b": ["x"]}
    assert str(source.place(("b", 0))).endswith(":3:5")


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    try:
        parse_yaml(text, FILE)
    except TracerError as error:
        assert str(error).startswith("some.yaml")
