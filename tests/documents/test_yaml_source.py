"""YAML is read strictly, and every mistake is located."""

from __future__ import annotations

import re
import time
import timeit
from functools import cache
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


def test_a_tab_is_told_as_such(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("graphs:\n\t- slug: x\n")
    with pytest.raises(TracerError, match=r"x\.yaml:2:1: .*; indent with spaces, not with tabs"):
        load_yaml(file)


@cache
def ten_thousand_lines() -> float:
    """Processor's seconds that this machine takes to read them."""
    text = "".join(f"k{number}: 1\n" for number in range(10_000))
    return min(
        timeit.repeat(lambda: parse_yaml(text, FILE), timer=time.process_time, number=1, repeat=3)
    )


def in_time(text: str) -> TracerError:
    """What is said of a text that no person wrote, in the time of some hundred thousand lines."""
    start = time.process_time()
    with pytest.raises(TracerError) as caught:
        parse_yaml(text, FILE).validate(Shelf)
    spent = time.process_time() - start
    assert spent < 30 * ten_thousand_lines()
    return caught.value


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a: " + "9" * 5000, "1:4", "999… as a number is not allowed here"),
        ("a: " + "9" * 400 + ".5", "1:4", "as a number is not allowed"),
        ("a: 0x" + "f" * 290, "1:4", "as a number is not allowed"),
        ("a: 1e999", "1:4", "`1e999` as a number is not allowed here; .* in quotes if it is text"),
        ("a:\n- -.inf", "2:3", "`-.inf` as a number"),
        ("a: .NaN", "1:4", "`.NaN` as a number"),
        ('a: "\\0"', "1:4", "NUL or half a surrogate pair is not allowed"),
        ('"\\0": 1', "1:1", "NUL or half a surrogate pair is not allowed"),
        ('a: "\\ud800"', "1:7", "not valid YAML"),
        ("a: " + "[" * 900, "1:19", "nesting deeper than 16"),
        ("- \n" * 1_300_000, "250000:2", "more than 250,000 keys and values is not allowed"),
        ("[" + "a," * 1_900_000 + "]", "1:500000", "more than 250,000 keys and values"),
        ("%TAG !a! b\n" * 3, "2:1", "duplicate %TAG"),
        ("".join(f"%TAG !{i}! a\n" for i in range(250_000)), "8:1", "leave directives out"),
    ],
)
def test_what_no_person_wrote_is_refused_at_once(text: str, place: str, words: str) -> None:
    error = in_time(text)
    assert str(error).startswith(f"some.yaml:{place}: "), str(error)[:200]
    assert re.search(words, str(error).replace("`999", "999").replace("…`", "…"))


def test_what_looks_like_a_number_is_text_in_quotes() -> None:
    assert parse_yaml("a: '.inf'\nb: '1e999'\nc: -0\nd: .infinity", FILE).data == {
        "a": ".inf",
        "b": "1e999",
        "c": 0,
        "d": ".infinity",
    }


def test_a_hundred_thousand_unknown_keys_are_one_line() -> None:
    error = in_time("".join(f"k{number}: 1\n" for number in range(100_000)))
    keys = ", ".join(f"`k{number}`" for number in range(10))
    assert str(error) == f"some.yaml:1:1: unknown keys {keys}, and 99,990 more"


def test_of_many_mistakes_the_first_hundred_are_told() -> None:
    error = in_time("items:\n" + "- {name: 1}\n" * 5000 + "owner: {a: 1, b: 2}\n")
    lines = str(error).split("\n")
    assert len(lines) == 101
    assert lines[99].startswith("some.yaml:101:10: `items[99].name`: should be text")
    assert lines[100] == "some.yaml:1:1: and 4,903 more mistakes"


def test_a_mistake_is_one_short_line_whatever_was_written() -> None:
    long, steering = "x" * 100_000, '"\\e[2J\\nerror: all is well"'
    for text in (
        f"? {long}\n: 1",
        f"{steering}: 1",
        f"items: {steering}",
        f"items: [{{{long}: 1}}]",
    ):
        said = str(in_time(text))
        assert len(said) < 500
        assert said.isprintable()
