"""YAML that remembers where every key and value stands.

Scalars follow YAML 1.2's core schema (`No` stays text). Aliases, tags and duplicate keys are
refused; size and depth are bounded. Source: yaml.org/spec/1.2.2, section 10.3.

Out of PyYAML's events: ruamel.yaml remembers places too, and takes 13 ms and more for a file that
is read here in half of one.
"""

from __future__ import annotations

import math
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tracer.documents.files import decode_text, read_bytes
from tracer.errors import Place, Problems, TracerError, did_you_mean, one_plain_line

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # PyYAML built without libyaml
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

MAX_DEPTH = 16
MAX_NODES = 250_000  # keys and values, a second's work
MAX_DIRECTIVES = 8  # lines that begin with `%`; libyaml compares each with all before it
MAX_DIGITS = 300
MOST_SHOWN, MOST_KEYS = 100, 10

_NULL = re.compile(r"(?:~|null|Null|NULL|)\Z")
_TRUE = re.compile(r"(?:true|True|TRUE)\Z")
_FALSE = re.compile(r"(?:false|False|FALSE)\Z")
_INT = re.compile(r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_BEFORE_NUMBERS = frozenset("+-.0123456789")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_LARGEST = sys.float_info.max
_SPECIAL_FLOAT = re.compile(r"(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z")

_NODES = frozenset({yaml.ScalarEvent, yaml.SequenceStartEvent, yaml.MappingStartEvent})
_ENDS = frozenset({yaml.SequenceEndEvent, yaml.MappingEndEvent})

KeyPath = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)


# What pydantic says in Python's words, as people who write YAML say it.
_WORDS = {
    **dict.fromkeys(("tuple_type", "list_type"), "should be a list"),
    **dict.fromkeys(("model_type", "dict_type"), "should be `key: value` pairs"),
    "string_type": "should be text, in quotes if need be",
    "bool_type": "should be true or false",
}


@dataclass(frozen=True)
class YamlSource:
    """Plain data, and the line and column of each of its keys and values."""

    file: Path
    data: Any
    values: Mapping[KeyPath, tuple[int, int]] = field(repr=False)
    keys: Mapping[KeyPath, tuple[int, int]] = field(repr=False)
    written: str = field(repr=False)  # the text as it is, comments too; a file's, line ends too

    def place(self, path: KeyPath, *, key: bool = False) -> Place:
        """Where the value at `path` stands (or its key), or the nearest thing around it."""
        for length in range(len(path), -1, -1):
            near = path[:length]
            if key and near in self.keys:
                return Place(self.file, *self.keys[near])
            if near in self.values:
                return Place(self.file, *self.values[near])
        return Place(self.file, 1, 1)

    def validate(self, model: type[Model]) -> Model:
        """The data as a `model`. Raises Problems, each with file:line:col and the near match."""
        try:
            return model.model_validate(self.data)
        except ValidationError as error:
            raise Problems(self._problems(model, error)) from None

    def _problems(self, model: type[BaseModel], error: ValidationError) -> Iterator[TracerError]:
        """Each mistake, but that keys unknown in one place are told together where they are many,
        and that of very many the first are told."""
        found = error.errors(include_url=False)
        unknown = Counter(one["loc"][:-1] for one in found if one["type"] == "extra_forbidden")
        told = 0
        for number, one in enumerate(found):
            around = one["loc"][:-1]
            many = unknown[around] if one["type"] == "extra_forbidden" else 0
            if many < 0:
                continue
            if told == MOST_SHOWN:
                yield TracerError(
                    f"and {len(found) - number:,} more mistakes", place=self.place(())
                )
                return
            told += 1
            if many > MOST_KEYS:
                yield self._unknown_keys(around, found)
                unknown[around] = -1
            else:
                yield self._problem(model, one)

    def _unknown_keys(self, around: KeyPath, found: list[ErrorDetails]) -> TracerError:
        mine = [one["loc"] for one in found if one["loc"][:-1] == around]
        named = ", ".join(f"`{one_plain_line(str(loc[-1]), 60)}`" for loc in mine[:MOST_KEYS])
        place = self.place(_path_in(self.data, mine[0]), key=True)
        return TracerError(f"unknown keys {named}, and {len(mine) - MOST_KEYS:,} more", place=place)

    def _problem(self, model: type[BaseModel], error: ErrorDetails) -> TracerError:
        path = _path_in(self.data, error["loc"])
        kind, value = error["type"], error["input"]
        if kind == "extra_forbidden":
            known = _field_names(model, path[:-1])
            near = did_you_mean(str(path[-1]), known) or f"known keys: {', '.join(known)}"
            place = self.place(path, key=True)
            what = f"unknown key `{one_plain_line(str(path[-1]), 60)}`"
            return TracerError(what, hint=near, place=place)
        if kind == "missing":
            missing = error["loc"][-1]
            return TracerError(f"`{missing}` is missing", place=self.place(path))
        name = _dotted(path)
        message = _WORDS.get(kind) or error["msg"].removeprefix("Value error, ")
        message = message[0].lower() + message[1:] if message else message
        what = f"`{name}`: " if name else ""
        shown = "" if isinstance(value, dict | list | BaseModel) else f" (found {_show(value)})"
        hint: str | None = None
        if kind == "literal_error" and isinstance(value, str):
            hint = did_you_mean(value, re.findall(r"'([^']+)'", str(error["ctx"]["expected"])))
        place = self.place(path, key=error["loc"][-1:] == ("[key]",))
        return TracerError(f"{what}{message}{shown}", hint=hint, place=place)


def load_yaml(file: Path) -> YamlSource:
    """Read and parse one YAML file. Raises TracerError with file:line:col."""
    raw = read_bytes(file)
    return replace(parse_yaml(decode_text(raw, file), file), written=raw.decode("utf-8"))


def parse_yaml(text: str, file: Path) -> YamlSource:
    """Parse YAML text; `file` is only for messages."""
    values: dict[KeyPath, tuple[int, int]] = {}
    keys: dict[KeyPath, tuple[int, int]] = {}
    _refuse_directives(text, file)
    try:
        events = _content(yaml.parse(text, Loader=_Loader), file)
        first = next(events, None)
        data = None if first is None else _build(first, events, (), file, values, keys)
        if (extra := next(events, None)) is not None:
            raise _refused("a second document", "keep one document a file", extra, file)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
        problem = error.problem or error.context or "not valid"
        hint = "indent with spaces, not with tabs" if mark and _tab_at(text, mark) else None
        raise TracerError(f"not valid YAML: {problem}", hint=hint, place=place) from None
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError, MemoryError) as error:
        text_of_error = " ".join(str(error).split())
        raise TracerError(f"not valid YAML: {text_of_error}", place=Place(file)) from None
    return YamlSource(file, data, values, keys, text)


def _tab_at(text: str, mark: yaml.Mark) -> bool:
    lines = text.split("\n")
    return mark.line < len(lines) and lines[mark.line][mark.column :].startswith("\t")


def _refuse_directives(text: str, file: Path) -> None:
    if text.count("\n%") >= MAX_DIRECTIVES:
        *_, last = islice(re.finditer(r"^%", text, re.MULTILINE), MAX_DIRECTIVES)
        line = text.count("\n", 0, last.start()) + 1
        what = f"the line beginning with `%` is one of more than {MAX_DIRECTIVES - 1}"
        raise TracerError(what, hint="leave directives out", place=Place(file, line, 1))


def _content(events: Iterator[Any], file: Path) -> Iterator[Any]:
    """Only the events that carry content; refuses aliases, tags and too much of anything."""
    depth = nodes = 0
    for event in events:
        kind = type(event)
        if kind is yaml.AliasEvent:
            raise _refused("an alias (`*name`)", "write the value out", event, file)
        if kind in _ENDS:
            depth -= 1
        elif kind in _NODES:
            if event.tag not in (None, "!"):
                raise _refused(f"the tag `{event.tag}`", "leave it out", event, file)
            nodes += 1
            if nodes > MAX_NODES:
                raise _refused(f"more than {MAX_NODES:,} keys and values", "split it", event, file)
            depth += kind is not yaml.ScalarEvent
            if depth > MAX_DEPTH:
                raise _refused(f"nesting deeper than {MAX_DEPTH}", "flatten it", event, file)
        else:  # of the stream or a document
            continue
        yield event


def _build(
    event: Any,
    events: Iterator[Any],
    path: KeyPath,
    file: Path,
    values: dict[KeyPath, tuple[int, int]],
    keys: dict[KeyPath, tuple[int, int]],
) -> Any:
    values[path] = _mark(event)
    if isinstance(event, yaml.ScalarEvent):
        return _scalar(event, file)
    if isinstance(event, yaml.SequenceStartEvent):
        items: list[Any] = []
        while not isinstance(item := next(events), yaml.SequenceEndEvent):
            items.append(_build(item, events, (*path, len(items)), file, values, keys))
        return items
    mapping: dict[str, Any] = {}
    while not isinstance(key := next(events), yaml.MappingEndEvent):
        if not isinstance(key, yaml.ScalarEvent):
            raise _refused("a key that is not plain text", "use a word as the key", key, file)
        name = _text(key, file)
        if name in mapping:
            first = keys[(*path, name)][0]
            hint = f"the first one is on line {first}"
            raise _refused(f"the key `{name}` a second time", hint, key, file)
        keys[(*path, name)] = _mark(key)
        mapping[name] = _build(next(events), events, (*path, name), file, values, keys)
    return mapping


def _scalar(event: yaml.ScalarEvent, file: Path) -> Any:
    text = _text(event, file)
    if event.style or event.tag == "!":  # quoted, a block, or said to be text
        return text
    number = _number(text)
    if isinstance(number, float | int) and not -_LARGEST <= number <= _LARGEST:
        hint = "write a smaller number, or put it in quotes if it is text"
        raise _refused(f"`{one_plain_line(text, 60)}` as a number", hint, event, file)
    return number


def _text(event: yaml.ScalarEvent, file: Path) -> str:
    text: str = event.value
    if "\0" in text or not (text.isascii() or _SURROGATE.search(text) is None):
        raise _refused("NUL or half a surrogate pair", "leave it out", event, file)
    return text


def _number(text: str) -> Any:
    """What an unquoted text is, a number or other; one too long to be read is taken as infinite."""
    if text[:1] not in _BEFORE_NUMBERS and len(text) > len("false"):
        return text
    if _NULL.match(text):
        return None
    if _TRUE.match(text):
        return True
    if _FALSE.match(text):
        return False
    if _INT.match(text) or _FLOAT.match(text):
        if len(text) > MAX_DIGITS:
            return math.inf
        if _INT.match(text):
            return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
        return float(text)
    return math.inf if _SPECIAL_FLOAT.match(text) else text


def _refused(what: str, hint: str, event: Any, file: Path) -> TracerError:
    place = Place(file, *_mark(event))
    return TracerError(f"{what} is not allowed here", hint=hint, place=place)


def _mark(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _path_in(data: Any, loc: tuple[str | int, ...]) -> KeyPath:
    """pydantic's locations also name union branches and `[key]`; keep what is in the data."""
    path: KeyPath = ()
    for step in loc:
        inside = (isinstance(data, dict) and step in data) or (
            isinstance(data, list) and isinstance(step, int) and step < len(data)
        )
        if inside:
            path, data = (*path, step), data[step]
    return path


def _field_names(annotation: Any, path: KeyPath) -> list[str]:
    """The keys that the model at `path` below `annotation` knows."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = {info.alias or name: info for name, info in annotation.model_fields.items()}
        if not path:
            return list(fields)
        return _field_names(fields[path[0]].annotation, path[1:]) if path[0] in fields else []
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (list, tuple, dict):
        item = arguments[-1] if origin is dict else arguments[0]
        return _field_names(item, path[1:]) if path else []
    if origin is Union or arguments:
        for argument in arguments:
            if names := _field_names(argument, path):
                return names
    return []


def _dotted(path: KeyPath) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{one_plain_line(part, 60)}"
    return text.lstrip(".")


def _show(value: Any) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
