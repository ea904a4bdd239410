"""What `tracer check` found, told to people, to programs and to GitHub."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tracer.errors import TracerError

Level = Literal["error", "warning", "note"]
Format = Literal["text", "json", "github"]
_GITHUB_LEVELS = {"error": "error", "warning": "warning", "note": "notice"}


@dataclass(frozen=True)
class Finding:
    """One thing found: an error stops a build, a warning should be mended, a note may stay."""

    level: Level
    problem: TracerError


def report(findings: Sequence[Finding], form: Format) -> str:
    """All findings in one form; paths are as seen from where the command runs."""
    if form == "json":
        return json.dumps(
            {"findings": [_fields(one) for one in findings], **counts(findings)},
            indent=2,
            ensure_ascii=False,
        )
    line = _github if form == "github" else _text
    return "\n".join([*map(line, findings), summary(findings)])


def counts(findings: Sequence[Finding]) -> dict[str, int]:
    """How many of each level."""
    levels = [one.level for one in findings]
    return {
        "errors": levels.count("error"),
        "warnings": levels.count("warning"),
        "notes": levels.count("note"),
    }


def summary(findings: Sequence[Finding]) -> str:
    """All in a few words."""
    found = counts(findings)
    said = [
        f"{number} {noun if number != 1 else noun[:-1]}"
        for noun, number in found.items()
        if number and noun != "notes"
    ]
    return f"{' and '.join(said)}." if said else "No mistakes found."


def _text(finding: Finding) -> str:
    return f"{finding.level}: {finding.problem}"


def _fields(finding: Finding) -> dict[str, str | int | None]:
    problem, place = finding.problem, finding.problem.place
    return {
        "level": finding.level,
        "file": place.file.as_posix() if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "message": problem.message,
        "hint": problem.hint,
    }


def _github(finding: Finding) -> str:
    """A workflow command, which GitHub shows beside the line in a pull request."""
    problem, place = finding.problem, finding.problem.place
    where: dict[str, object] = {}
    if place is not None:
        where = {"file": _below_here(place.file), "line": place.line, "col": place.column}
    given = ",".join(
        f"{key}={_escaped(str(value), ',:')}" for key, value in where.items() if value is not None
    )
    message = f"{problem.message}; {problem.hint}" if problem.hint else problem.message
    level = _GITHUB_LEVELS[finding.level]
    return f"::{f'{level} {given}'.rstrip()}::{_escaped(message)}"


def _below_here(file: Path) -> str:
    whole, here = file.resolve(), Path.cwd()
    return (whole.relative_to(here) if whole.is_relative_to(here) else whole).as_posix()


def _escaped(text: str, more: str = "") -> str:
    for sign in "%\r\n" + more:
        text = text.replace(sign, f"%{ord(sign):02X}")
    return text
