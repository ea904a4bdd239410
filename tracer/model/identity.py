"""What identifies a file's content."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from tracer.documents.files import write_atomically
from tracer.model.cache import cache_folder


def file_identity(file: Path) -> str:
    """sha256 of a file, remembered by path, size and time of change; shards are large."""
    real = file.resolve()
    if re.fullmatch(r"[0-9a-f]{64}", real.name):
        return real.name  # the hub's cache names large files by their sha256
    stat = real.stat()
    key = f"{real}|{stat.st_size}|{stat.st_mtime_ns}"
    remembered = cache_folder() / "identities" / hashlib.sha256(key.encode()).hexdigest()
    if remembered.exists() and re.fullmatch(b"[0-9a-f]{64}", found := remembered.read_bytes()):
        return found.decode()
    with real.open("rb") as stream:
        identity = hashlib.file_digest(stream, "sha256").hexdigest()
    write_atomically(remembered, identity)
    return identity
