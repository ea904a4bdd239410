"""Many features' records in one file: small enough for version control.

A packed file (`parts/packed.py`) that names its features and holds JSON in columns, so that like
lies beside like: texts by texts, activations by activations, one letter each. Nothing is lost: an
activation is a letter only where it is a multiple of a fortieth of its text's strongest, as
`in_steps` makes it, and a text that cannot be written so is kept as it is.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tracer.documents.feature_examples import FeatureExamples, fields_of, is_key
from tracer.documents.files import read_bytes
from tracer.documents.json_text import decode
from tracer.documents.parts.packed import MOST_BYTES, body_of, damaged, head_of, wrap
from tracer.documents.records import first_mistake
from tracer.errors import TracerError

STEPS = 40  # of activations, from zero to a text's strongest
_PART = "features"
_AGAIN = "run `tracer find-examples` again, or restore it from version control"
_BETWEEN = "\x7f"  # two tokens
_ZERO, _FEW = ord("P"), 45  # so many steps to either side are printable letters; further ones are
_FAR, _MOST = 0x1000, 0xE00  # of another alphabet
_COLUMNS = {"records": list, "quantiles": list, "texts": list, "peaks": list, "acts": list}

# What goes wrong where columns do not fit together; also a column's end.
_MISFITS = (KeyError, TypeError, ValueError, AttributeError, RuntimeError)

Raw = dict[str, Any]


def in_steps(values: Sequence[float], *, below: bool = False) -> list[float]:
    """Activations as they are packed: the strongest with three figures, the others in fortieths of
    it. `below`: the strongest is the lowest."""
    strongest = short(min(values) if below else max(values))
    steps = _steps(values, strongest)
    if steps is None:
        return [short(value) for value in values]
    return [_stepped(strongest, step) for step in steps]


def short(value: float) -> float:
    """Three figures: what is told apart on a page."""
    return float(f"{value:.3g}") or 0.0


def pack_features(records: Mapping[str, FeatureExamples]) -> bytes:
    """The bytes of a file that holds these records, the same for the same records."""
    columns: dict[str, list[Any]] = {name: [] for name in _COLUMNS}
    for key in sorted(records):
        fields = fields_of(records[key])
        columns["quantiles"].append([_add(one, columns) for one in fields["examples_quantiles"]])
        columns["records"].append({**fields, "examples_quantiles": None})
    text = json.dumps(columns, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return wrap(_PART, {"keys": sorted(records)}, text.encode())


def packed_keys(file: Path) -> tuple[str, ...]:
    """The features whose records a file holds. Raises TracerError where it is no such file."""
    return _keys(read_bytes(file, max_bytes=MOST_BYTES, hint=_AGAIN), file)


def packed_record(file: Path, key: str) -> FeatureExamples:
    """One of them. Raises TracerError where the file is damaged, KeyError for no key of its."""
    raw = read_bytes(file, max_bytes=MOST_BYTES, hint=_AGAIN)
    return _record(_packed_fields(raw, file)[key], file)


def packed_records(file: Path) -> dict[str, FeatureExamples]:
    """All of them. Raises TracerError where the file is damaged."""
    raw = read_bytes(file, max_bytes=MOST_BYTES, hint=_AGAIN)
    return {key: _record(one, file) for key, one in _packed_fields(raw, file).items()}


def _record(packed: _Packed, file: Path) -> FeatureExamples:
    try:
        return FeatureExamples.model_validate(packed.fields())
    except ValidationError as error:
        raise damaged(file, f"a record in it is none: {first_mistake(error)}", _AGAIN) from None
    except _MISFITS:
        raise _misfit(file) from None


def _keys(raw: bytes, file: Path) -> tuple[str, ...]:
    keys: Any = head_of(raw, file, _PART, hint=_AGAIN).get("keys")
    good = isinstance(keys, list) and all(isinstance(one, str) and is_key(one) for one in keys)
    if not good or len(set(keys)) < len(keys):
        raise damaged(file, "it does not say whose records it holds", _AGAIN)
    return tuple(keys)


@dataclass(frozen=True)
class _Packed:
    """One record's pieces of the columns; its texts are read when it is asked for."""

    record: Raw
    quantiles: list[Any]
    texts: list[Any]
    letters: list[tuple[Any, Any]]  # of those texts that are packed: strongest and letters

    def fields(self) -> Raw:
        texts, letters = iter(self.texts), iter(self.letters)
        found = [
            {**more, "examples": [_example(next(texts), letters) for _ in range(count)]}
            for more, count in self.quantiles
        ]
        return {**self.record, "examples_quantiles": found}


@lru_cache(maxsize=4)
def _packed_fields(raw: bytes, file: Path) -> dict[str, _Packed]:
    """The records, still packed. Pages are made in the order of layers, so that few files are in
    use."""
    keys = _keys(raw, file)
    columns = decode(
        body_of(raw, file, head_of(raw, file, _PART, hint=_AGAIN), hint=_AGAIN), file, hint=_AGAIN
    )
    try:
        return dict(zip(keys, _rows(columns), strict=True))
    except _MISFITS:
        raise _misfit(file) from None


def _misfit(file: Path) -> TracerError:
    return damaged(file, "its columns do not fit together", _AGAIN)


def _rows(columns: Any) -> Iterator[_Packed]:
    if any(not isinstance(columns[name], kind) for name, kind in _COLUMNS.items()):
        raise TypeError
    texts, peaks, acts = (iter(columns[name]) for name in ("texts", "peaks", "acts"))
    for record, quantiles in zip(columns["records"], columns["quantiles"], strict=True):
        own = [next(texts) for _, count in quantiles for _ in range(count)]
        lettered = sum(isinstance(text, str) for text in own)
        letters = [(next(peaks), next(acts)) for _ in range(lettered)]
        yield _Packed(record, quantiles, own, letters)
    if any(True for column in (texts, peaks, acts) for _ in column):
        raise ValueError


def _add(quantile: Raw, columns: Mapping[str, list[Any]]) -> list[Any]:
    """Put a range's texts into the columns; gives what else it says, and how many they are."""
    for example in quantile["examples"]:
        packed = _packed(example, below=bool(quantile.get("below")))
        if packed is None:
            columns["texts"].append(example)
            continue
        for name, value in zip(("texts", "peaks", "acts"), packed, strict=True):
            columns[name].append(value)
    more = {name: value for name, value in quantile.items() if name != "examples"}
    return [more, len(quantile["examples"])]


def _packed(example: Raw, *, below: bool) -> tuple[str, float, str] | None:
    """A text, its strongest activation and its letters; None where that would not be all of it."""
    tokens, values = example["tokens"], example["tokens_acts_list"]
    if not tokens or len(example) > 2 or any(_BETWEEN in token for token in tokens):
        return None
    strongest = (min if below else max)(values)
    steps = _steps(values, strongest)
    if steps is None or [_stepped(strongest, step) for step in steps] != list(values):
        return None
    return _BETWEEN.join(tokens), strongest, "".join(map(_letter, steps))


def _example(text: Any, packed: Iterator[tuple[Any, Any]]) -> Raw:
    if not isinstance(text, str):
        return dict(text)
    strongest, letters = next(packed)
    if not math.isfinite(strongest * _MOST):
        raise ValueError
    values = {letter: _stepped(strongest, _step(letter)) for letter in {*letters}}
    return {
        "tokens": text.split(_BETWEEN),
        "tokens_acts_list": [values[letter] for letter in letters],
    }


def _steps(values: Sequence[float], strongest: float) -> list[int] | None:
    """The nearest steps; None where one is so far off that no letter is left for it."""
    ratios = [value / strongest * STEPS if strongest else value for value in values]
    return [round(one) for one in ratios] if all(abs(one) < _MOST for one in ratios) else None


def _stepped(strongest: float, step: int) -> float:
    return short(strongest * step / STEPS)


def _letter(step: int) -> str:
    return chr((_ZERO if abs(step) <= _FEW else _FAR) + step)


def _step(letter: str) -> int:
    code = ord(letter)
    return code - (_ZERO if code < _FAR - _MOST else _FAR)
