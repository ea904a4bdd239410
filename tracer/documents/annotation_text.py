"""Annotations as text: one entry a line, the way people write them.

PyYAML would put an entry on one line only where nothing is nested in it, and a group holds a list.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from tracer.documents.annotations import Annotations, Group, Label

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 ()'/_.+-]*(?<! )\Z")
_JOINER = re.compile("[\u200c\u200d\U000e0020-\U000e007f]")
_NOWHERE = re.compile("[\0\ud800-\udfff]")
_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_WORDS = re.compile(r"(?:null|true|false|yes|no|on|off|y|n)\Z", re.IGNORECASE)


def annotations_text(annotations: Annotations) -> str:
    """YAML that `load_annotations` reads back as the same; counterpoints are left out."""
    lines = [] if annotations.revision is None else [f"revision: {annotations.revision}"]
    if annotations.labels:
        labels = {yaml_quoted(key): _label(one) for key, one in annotations.labels.items()}
        lines += ["labels:", *_entries(labels)]
    if annotations.groups:
        lines += ["groups:", *_entries({k: _group(v) for k, v in annotations.groups.items()})]
    if annotations.pins:
        lines.append(f"pins: {yaml_list(annotations.pins)}")
    if annotations.claims:
        said = (one.model_dump(by_alias=True, exclude_none=True) for one in annotations.claims)
        lines += ["claims:", *(f"  - {yaml_flow(one)}" for one in said)]
    return "\n".join(lines) + "\n"


def one_line(text: str) -> str:
    """Text that can stand on one line of a file: control signs gone, runs of space joined.

    Joiners stay: words of some scripts and many pictures are made with them.
    """
    kept = (c if unicodedata.category(c)[0] != "C" or _JOINER.match(c) else " " for c in text)
    return " ".join("".join(kept).split())


def can_be_written(text: str) -> bool:
    """Whether a file can hold it as it is: NUL and halves of characters stand in none."""
    return _NOWHERE.search(text) is None


def _entries(entries: Mapping[str, str]) -> list[str]:
    width = max(len(key) for key in entries) + 1
    return [f"  {key + ':':<{width}} {value}" for key, value in entries.items()]


def _label(label: Label) -> str:
    return _fields(text=label.text, by=label.by, confidence=label.confidence, note=label.note)


def _group(group: Group) -> str:
    named = f"name: {yaml_scalar(group.name)}, nodes: {yaml_list(group.nodes)}"
    rest = _fields(by=group.by, note=group.note).removeprefix("{").removesuffix("}")
    return f"{{{named}, {rest}}}" if rest else f"{{{named}}}"


def _fields(**fields: str | None) -> str:
    given = (f"{name}: {yaml_scalar(value)}" for name, value in fields.items() if value is not None)
    return f"{{{', '.join(given)}}}"


def yaml_list(ids: Iterable[str]) -> str:
    """A list on one line, every item quoted."""
    return f"[{', '.join(map(yaml_quoted, ids))}]"


def yaml_flow(value: Any) -> str:
    """Records, lists, numbers and texts on one line. Every text but a key is quoted."""
    if hasattr(value, "model_dump"):
        value = value.model_dump(by_alias=True, exclude_none=True)
    if isinstance(value, str):
        return yaml_quoted(value)
    if isinstance(value, Mapping):
        items = (f"{_key(key)}: {yaml_flow(one)}" for key, one in value.items())
        return f"{{{', '.join(items)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(yaml_flow, value))}]"
    return json.dumps(value)


def _key(key: str) -> str:
    return key if _PLAIN.match(key) and not _WORDS.match(key) else yaml_quoted(key)


def yaml_scalar(text: str) -> str:
    """Plain words stay plain, if they are plain in YAML 1.1 too."""
    return text if _PLAIN.match(text) and not _WORDS.match(text) else yaml_quoted(text)


def yaml_quoted(text: str) -> str:
    """A JSON string is a quoted YAML string, once what YAML alone takes for line ends or refuses is
    escaped. NUL and halves of characters, which no file may hold, are replaced.

    `assets/viewer/editing/yaml_text.js` writes the same.
    """
    quoted = json.dumps(_NOWHERE.sub("\ufffd", text), ensure_ascii=False)
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", quoted)
