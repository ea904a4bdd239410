"""Parts that are one record of a graph: as JSON, deflated."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from tracer.documents.json_text import decode
from tracer.documents.parts.packed import AGAIN, damaged, pack, unpack
from tracer.documents.parts.short import short
from tracer.documents.records import Strict, first_mistake
from tracer.errors import TracerError

Record = TypeVar("Record", bound=Strict)


def pack_record(part: str, graph_id: str, record: Strict) -> bytes:
    """The bytes of its file. Numbers to four digits; nothing of what there is not."""
    text = json.dumps(short(record), ensure_ascii=False, separators=(",", ":"))
    return pack(part, graph_id, {}, text.encode())


def read_record(file: Path, part: str, graph_id: str, kind: type[Record]) -> Record:
    """Raises TracerError where the file is missing, damaged, of another graph or another kind."""
    _, body = unpack(file, part, graph_id)
    try:
        return kind.model_validate(decode(body, file, hint=AGAIN))
    except ValidationError as error:
        raise damaged(file, f"it is not the {part} of a graph: {first_mistake(error)}") from None
    except TracerError as error:
        raise damaged(file, error.message) from None
