"""A file that is known by its content at once, and read again when it is needed."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tracer.documents.files import MAX_GRAPH_BYTES, read_bytes
from tracer.errors import Place, TracerError


class StoredFile:
    """A file, known by its content at once and read again when it is needed."""

    def __init__(self, file: Path, *, max_bytes: int = MAX_GRAPH_BYTES):
        """Raises TracerError when the file cannot be read."""
        self.file = file
        self._max_bytes = max_bytes
        self.digest = _digest(read_bytes(file, max_bytes=max_bytes))

    def content(self) -> bytes:
        """The file as it was found. Raises TracerError when it has changed since."""
        content = read_bytes(self.file, max_bytes=self._max_bytes)
        if _digest(content) != self.digest:
            what = "changed while it was being read"
            raise TracerError(what, hint="run the command again", place=Place(self.file))
        return content


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
