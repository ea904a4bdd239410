"""One decoder for all JSON: what is no plain finite document is refused, quickly and in place."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracer.documents.evidence import load_evidence
from tracer.documents.feature_examples import load_feature_examples
from tracer.documents.graph import load_graph
from tracer.documents.json_text import decode, decode_or_none
from tracer.errors import TracerError

FILE = Path("some.json")
TRACER = Path(__file__).parents[2] / "tracer"

# They write a zip file, or read the one that is pinned by its hash.
_OURS = ("documents/exchange/csv_tables.py", "model/default_model.py", "site/wheel.py")
_TEXTS = st.text(st.sampled_from('a":,[{}\\ \né\x00\U0001f600'), max_size=8)
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXTS, inner, max_size=4),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ('{"a":\n NaN}', "2:2", "NaN is not a number that JSON has"),
        ("[Infinity]", "1:2", "Infinity is not a number"),
        ("[1,\n -Infinity]", "2:2", "-Infinity is not a number"),
        ("[1, 1e999]", "1:5", "the number 1e999 is too large"),
        ('{"e999": -1.5E+0999}', "1:10", "the number -1.5E"),
        ("1e999", "1:1", "too large"),
        ("[" + "9" * 400 + "]", "1:2", r"999… \(400 characters\) is too large"),
        ("[" + "9" * 5000 + "]", "1:4303", "a number of more than 4,300 digits"),
        (r'["\ud800"]', "1:3", "half a surrogate pair"),
        (r'{"\udc00\ud800": 1}', "1:3", "half a surrogate pair"),
        ("[" * 900 + "]" * 900, "1:202", "nested too deeply"),
        ("[" * 100_000, "1:202", "nested too deeply"),
        ('{"a": 1,\n "a": 2}', "2:2", "the key `a` stands a second time"),
        ('{"b,":":","a" :1,"\\u0061":2}', "1:18", "the key `a` stands a second time"),
        ('[{"x": {"x": 1}, "y": ":", "x": 2}]', "1:28", "the key `x` stands a second time"),
        ('{"a": "é", "b": tru}', "1:20", "not valid JSON"),
        ('["a\0b"]', "1:4", "control character"),
        ('{"a": [1, 2', "1:11", "the file is cut short"),
        ("", "1:1", "the file is cut short"),
        ("{} {}", "1:4", "something follows behind its end"),
    ],
)
def test_what_is_refused_says_what_and_where(text: str, place: str, words: str) -> None:
    for form in (text, text.encode()):
        with pytest.raises(TracerError, match=words) as caught:
            decode(form, FILE, hint="get it again")
        assert re.match(rf"some\.json:{place}: .*; get it again\Z", str(caught.value))
    assert decode_or_none(text) is None


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (b"[" + b"[]," * 1_500_000 + b"0]", r"more than 1,000,000 values .* in 4,500,003 bytes"),
        (b"[" + b"0," * 6_000_000 + b"0]", "more than 2,000,000 values"),
        (b'{"a":1,"a":2,"b":"' + b"x" * 5_000_000 + b'"}', "`a` stands a second time"),
        (b'["\xff"]', "byte 0xff is not UTF-8"),
        ("[1]".encode("utf-16"), "not UTF-8"),
    ],
)
def test_what_is_endless_or_no_text_is_refused_at_once(case: bytes, words: str) -> None:
    start = time.process_time()
    with pytest.raises(TracerError, match=words):
        decode(case, FILE, hint="get it again")
    assert time.process_time() - start < 2


def test_what_only_looks_refused_is_read() -> None:
    text = (
        '{"a:": ":", ":": [":x", "\\":", "a: b, \\\\"], "1e999" : " 1e999", "e": [1e308, 1E-999]}'
    )
    assert decode(text, FILE, hint="") == json.loads(text)
    assert decode(b"\xef\xbb\xbf[-0, -0.0]", FILE, hint="") == [0, 0.0]


@settings(max_examples=60)
@given(_VALUES, st.sampled_from([None, 1]), st.booleans())
def test_every_plain_document_is_read_as_it_is(value: Any, indent: int | None, plain: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=plain)
    assert decode(text, FILE, hint="") == value


@settings(max_examples=40)
@given(st.dictionaries(_TEXTS, _VALUES, min_size=1, max_size=4), st.data())
def test_a_key_twice_is_never_read(value: dict[str, Any], data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(sorted(value)))
    text = json.dumps(value)[:-1] + f", {json.dumps(key)}: 1}}"
    assert decode_or_none(text) is None


def test_nothing_else_parses_what_strangers_write() -> None:
    """A reader beside the hardened ones would be neither bounded nor total."""
    alone = {
        "documents/json_text.py": r"json\.loads?\(|from_json\(",
        "documents/yaml_source.py": r"yaml\.(parse|load|safe_load)\(",
        "documents/yaml_spans.py": r"yaml\.compose\(",  # of what yaml_source accepted
        "documents/exchange/provenance.py": r"literal_eval",  # of a text that is short
        "features/weights/archive.py": r"zipfile\.ZipFile\(",
        "site/building/manifest.py": r"\.model_validate_json\(",  # our own cache
        "site/building/feature_units.py": r"\.model_validate_json\(",  # what this build wrote
        "site/one_page.py": r"json\.loads\(",  # likewise
    }
    anything = "|".join(
        [*alone.values(), r"\bnp\.load\(|json\.JSONDecoder|\bpickle\.|literal_eval"]
    )
    for file in sorted(TRACER.rglob("*.py")):
        name = file.relative_to(TRACER).as_posix()
        text = file.read_text(encoding="utf-8")
        found = {one[0] for one in re.finditer(anything, text)}
        mine = {one[0] for one in re.finditer(alone.get(name, r"\Z.\A"), text)}
        ours = {"zipfile.ZipFile("} if name in _OURS else set()
        assert found - mine - ours == set(), name


@pytest.mark.parametrize(
    ("load", "text"),
    [
        (load_evidence, '{{"format": 1, "graph_id": "a", "claims": [{many}]}}'),
        (load_feature_examples, '{{"index": 1, "examples_quantiles": [{many}]}}'),
        (load_graph, '{{"metadata": {{}}, "nodes": [{many}], "links": [{many}]}}'),
    ],
)
def test_the_first_of_a_million_mistakes_ends_the_reading(
    tmp_path: Path, load: Callable[[Path], object], text: str
) -> None:
    file = tmp_path / "some.json"
    file.write_text(text.format(many="0," * 450_000 + "0"))
    start = time.process_time()
    with pytest.raises(TracerError) as caught:
        load(file)
    assert time.process_time() - start < 2
    assert len(str(caught.value)) < 500
