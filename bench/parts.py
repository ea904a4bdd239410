"""What a long measurement has found so far, saved as each part ends, so that a second run goes on.

Parts of another state of the program, or of another machine, are made anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


@dataclass
class Parts:
    """A file with a head, which says of what it is, and named parts, a line each."""

    file: Path
    head: dict[str, Any]
    found: dict[str, Any]

    @staticmethod
    def of(file: Path, machine: str, *sources: Path) -> Parts:
        """What `file` holds of this machine and of the program as it is: all of tracer, and the
        `sources` beside it."""
        head = {
            "machine": machine,
            "date": time.strftime("%Y-%m-%d"),
            "commit": commit(),
            "program": _digest([*sorted((ROOT / "tracer").rglob("*.py")), *sources]),
        }
        before = _read(file)
        same = all(before.get(key) == head[key] for key in ("machine", "program"))
        return Parts(file, head, before.get("parts", {}) if same else {})

    def do(self, name: str, make: Callable[[], Any]) -> Any:
        """The part of this name: as it was found before, or made now and saved."""
        if name not in self.found:
            self.found[name] = make()
            self.save()
        return self.found[name]

    def save(self) -> None:
        """As a whole or not at all."""
        lines = (f"  {json.dumps(name)}: {_line(part)}" for name, part in self.found.items())
        head = json.dumps(self.head, indent=1, ensure_ascii=False)[:-2]
        text = f'{head},\n "parts": {{\n' + ",\n".join(lines) + "\n }\n}\n"
        beside = self.file.with_suffix(".part")
        beside.write_text(text, encoding="utf-8")
        beside.replace(self.file)


def machine(device: str = "cpu") -> str:
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {device}"


def commit() -> str | None:
    """None in a folder that is no checkout, or where there is no git."""
    command = ["git", "rev-parse", "--short", "HEAD"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def _digest(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def _read(file: Path) -> dict[str, Any]:
    """Nothing where there is none, or one of another kind."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
