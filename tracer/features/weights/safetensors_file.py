"""Where each tensor of a safetensors file lies.

Source: the format's description in the safetensors README: eight bytes of header length, a JSON
header, the tensors' bytes.
"""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path
from typing import Any

from tracer.documents.json_text import decode_or_none
from tracer.errors import Place, TracerError, one_plain_line
from tracer.features.weights.stored import MappedTensor

MAX_HEADER_BYTES = 10_000_000
MAX_DIMENSIONS = 8
_DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4"}
_METADATA, _AGAIN = "__metadata__", "fetch it again"
_SIZES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4}


def safetensors_tensors(file: Path, layer: int) -> dict[str, MappedTensor]:
    """The tensors by name. Raises TracerError when the file is damaged, or holds a tensor in a
    number format that is not read."""
    try:
        size = file.stat().st_size
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            if not 2 <= length <= min(MAX_HEADER_BYTES, size - 8):
                raise _damaged(file)
            header = decode_or_none(stream.read(length))
        start = 8 + length
        _refuse_overlaps(file, header)
        return {
            name: _tensor(file, (name, layer), start, size, entry)
            for name, entry in header.items()
            if name != _METADATA
        }
    except OSError as error:
        raise TracerError(f"cannot be read: {error.strerror}", place=Place(file)) from None
    except (ValueError, LookupError, TypeError, AttributeError):
        raise _damaged(file) from None


def _tensor(
    file: Path, named: tuple[str, int], start: int, size: int, entry: dict[str, Any]
) -> MappedTensor:
    dtype, shape = entry["dtype"], tuple(entry["shape"])
    if dtype not in _DTYPES:
        raise TracerError(
            f"the tensor `{one_plain_line(named[0], 100)}` is stored as "
            f"{one_plain_line(str(dtype), 20)}, which is not read",
            hint=f"convert it to one of {', '.join(_DTYPES)}",
            place=Place(file),
        )
    begin, end = entry["data_offsets"]
    if len(shape) > MAX_DIMENSIONS or not all(type(one) is int for one in (begin, end, *shape)):
        raise _damaged(file)
    bytes_needed = math.prod(shape) * _SIZES[dtype]
    if min(begin, *shape, 0) < 0 or end - begin != bytes_needed or start + end > size:
        raise _damaged(file)
    stored = _DTYPES[dtype]
    return MappedTensor(file, *named, start + begin, stored, shape, bfloat16=dtype == "BF16")


def _refuse_overlaps(file: Path, header: dict[str, Any]) -> None:
    """No byte belongs to two tensors, so what is read is never more than the file."""
    spans = sorted(entry["data_offsets"] for name, entry in header.items() if name != _METADATA)
    if any(first[1] > second[0] for first, second in pairwise(spans)):
        raise _damaged(file)


def _damaged(file: Path) -> TracerError:
    return TracerError(
        "is damaged or cut short: not a safetensors file",
        hint=_AGAIN,
        place=Place(file),
    )
