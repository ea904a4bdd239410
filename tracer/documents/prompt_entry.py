"""A new entry in `prompts.yaml`, put in as text so that every comment stays.

ruamel.yaml would keep comments too, but it writes a whole file anew: of the 118 lines of our own
annotations it changes 77 that nobody touched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tracer.documents.annotation_text import yaml_flow, yaml_scalar
from tracer.documents.prompts import PromptEntry, parse_prompts
from tracer.documents.token_id import TokenId
from tracer.documents.yaml_source import YamlSource, parse_yaml
from tracer.errors import Place, TracerError

Plain = str | int | float | bool | None
Turns = Sequence[Mapping[str, str]]
Value = (
    Plain
    | TokenId
    | Sequence[str | TokenId | Mapping[str, str]]
    | Mapping[str, Plain | TokenId | Turns]
)


def with_entry(text: str, file: Path, entry: Mapping[str, Value]) -> str:
    """The list's text with one more entry at its end; `file` is only for messages.

    Raises TracerError where the slug is there already, and Problems where the list, with the
    entry or without, has mistakes.
    """
    source = parse_yaml(text, file)
    listed = source.data.get("graphs") if isinstance(source.data, dict) else None
    if not listed:
        return _first_entry(text, source, file, entry)
    slugs = [one.slug for one in parse_prompts(source).graphs]
    slug = str(entry["slug"])
    if slug in slugs:
        place = source.place(("graphs", slugs.index(slug), "slug"))
        what = f"the slug `{slug}` is on the list already"
        raise TracerError(what, hint="choose another, or edit that entry", place=place)
    lines = text.split("\n")
    first = source.values["graphs", 0]
    before = lines[first[0] - 1][: first[1] - 1]
    if before.strip() != "-":
        hint = "put each entry on lines of its own that begin with `- slug:`, then try again"
        raise TracerError(
            "this list is written on one line", hint=hint, place=source.place(("graphs",))
        )
    last = _last_line(source, lines)
    new = _entry_lines(entry, before.index("-"))
    return _checked("\n".join([*lines[:last], *new, *lines[last:]]), file, slugs, entry)


def _first_entry(text: str, source: YamlSource, file: Path, entry: Mapping[str, Value]) -> str:
    """For a list that is empty or not there."""
    lines = text.rstrip().split("\n") if text.strip() else []
    if ("graphs",) in source.keys:
        line = source.keys[("graphs",)][0] - 1
        head = lines[line].partition("#")[0].rstrip()
        if head not in ("graphs:", "graphs: []", "graphs: ~", "graphs: null"):
            hint = "write `graphs:` on a line of its own, then try again"
            raise TracerError(
                "this list is written unusually", hint=hint, place=source.place(("graphs",))
            )
        lines[line] = lines[line].replace(head, "graphs:", 1)
    else:
        lines.append("graphs:")
        line = len(lines) - 1
    new = [*lines[: line + 1], *_entry_lines(entry, 2), *lines[line + 1 :]]
    return _checked("\n".join(new) + "\n", file, [], entry)


def _last_line(source: YamlSource, lines: Sequence[str]) -> int:
    """How many lines there are up to the end of the last entry, without what follows it."""
    inside = [line for path, (line, _) in source.values.items() if path[:1] == ("graphs",)]
    after = [
        line for path, (line, _) in source.keys.items() if len(path) == 1 and line > max(inside)
    ]
    last = min(after) - 1 if after else len(lines)
    while last > max(inside) and (not lines[last - 1].strip() or _is_comment_of_next(lines, last)):
        last -= 1
    return last


def _is_comment_of_next(lines: Sequence[str], number: int) -> bool:
    """A comment at the margin belongs to what comes below, not to the entry above."""
    return lines[number - 1].startswith("#") and number < len(lines)


def _entry_lines(entry: Mapping[str, Value], indent: int) -> list[str]:
    pairs = [f"{key}: {_written(value)}" for key, value in entry.items()]
    margin = " " * indent
    return [f"{margin}- {pairs[0]}", *(f"{margin}  {pair}" for pair in pairs[1:])]


def _written(value: Value) -> str:
    if isinstance(value, str):
        return yaml_scalar(value)
    return yaml_flow(value)


def _checked(text: str, file: Path, before: list[str], entry: Mapping[str, Value]) -> str:
    """The text, once it reads as the old entries and the new one."""
    *old, new = parse_prompts(parse_yaml(text, file)).graphs
    said = {key: getattr(new, key) for key in entry}
    wanted = PromptEntry.model_validate(dict(entry))
    meant = {key: getattr(wanted, key) for key in entry}
    if [one.slug for one in old] != before or said != meant:
        what = "this entry cannot be put in without changing its meaning"
        raise TracerError(what, hint="add it by hand", place=Place(file))
    return text
