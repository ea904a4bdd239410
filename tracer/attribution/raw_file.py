"""A trace in one safetensors file: its tensors, and the rest as JSON in the file's own header.

Only records that are named where it is read are made from it; nothing is unpickled.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from torch import Tensor

from tracer.documents.files import write_atomically
from tracer.documents.json_text import decode
from tracer.errors import Place, TracerError

FORMAT = "tracer attribution 1"
HINT = "give a file that `found.save(FILE)` wrote, with this version of tracer"


def write_raw(file: Path, content: Mapping[str, object]) -> None:
    """Raises TracerError when it cannot be written; what was there before stays."""
    from safetensors.torch import save

    tensors: dict[str, Tensor] = {}
    text = json.dumps(_written(dict(content), tensors))
    write_atomically(file, save(tensors, metadata={"format": FORMAT, "content": text}))


def read_raw(file: Path, records: Mapping[str, type]) -> dict[str, Any]:
    """What was written, made of these `records` by their names. Raises TracerError for anything
    else than such a file."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="pt") as opened:
            said = opened.metadata() or {}
            if said.get("format") != FORMAT:
                raise _no_trace(file, "it does not say that it is one")
            found = _read(decode(said["content"], file, hint=HINT), opened, records)
    except FileNotFoundError:
        raise TracerError("there is no such file", hint=HINT, place=Place(file)) from None
    except (SafetensorError, OSError, KeyError, TypeError, ValueError, ValidationError) as error:
        raise _no_trace(file, str(error)) from None
    if not isinstance(found, dict):
        raise _no_trace(file, "it holds something else")
    return found


def _no_trace(file: Path, why: str) -> TracerError:
    return TracerError(f"this is no saved attribution: {why}", hint=HINT, place=Place(file))


def _written(value: Any, tensors: dict[str, Tensor]) -> Any:
    if isinstance(value, Tensor):
        name = str(len(tensors))
        tensors[name] = value.detach().cpu().clone().contiguous()
        return {"tensor": name}
    if isinstance(value, BaseModel):
        return {"document": type(value).__name__, "fields": value.model_dump(mode="json")}
    if is_dataclass(value) and not isinstance(value, type):
        own = {one.name: _written(getattr(value, one.name), tensors) for one in fields(value)}
        return {"record": type(value).__name__, "fields": own}
    if isinstance(value, dict):
        return {"map": {key: _written(one, tensors) for key, one in value.items()}}
    if isinstance(value, list | tuple):
        return [_written(one, tensors) for one in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"{type(value).__name__} has no place in a file")


def _read(value: Any, opened: Any, records: Mapping[str, type]) -> Any:
    if isinstance(value, list):
        return tuple(_read(one, opened, records) for one in value)
    if not isinstance(value, dict):
        return value
    if "tensor" in value:
        return opened.get_tensor(value["tensor"])
    if "map" in value:
        return {key: _read(one, opened, records) for key, one in value["map"].items()}
    if "document" in value:
        document: Any = records[value["document"]]
        return document.model_validate(value["fields"])
    own = {key: _read(one, opened, records) for key, one in value["fields"].items()}
    return records[value["record"]](**own)
