"""Parts of a drawn circuit that stand out; the rest steps back."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markupsafe import Markup

from tracer.errors import TracerError, did_you_mean

_BOX = re.compile(r'<g data-box="([^"]*)"')
_LINE = re.compile(
    r'<(?:path|text) class="([^"]*)"[^>]*? data-source="([^"]*)" data-target="([^"]*)"'
)
_HEAD = re.compile(
    r'(?P<line><path class="line[^"]*lit"[^>]*>(?:<title>[^<]*</title>)?</path>)<path class="head '
)


def light(picture: Markup, names: Sequence[str]) -> Markup:
    """`names` are boxes, by their key, or lines, `one>other`; `words` are all words and the start.
    Boxes bring the lines between them, one alone all that touch it. Raises TracerError for a box
    that is not in the picture."""
    there = list(dict.fromkeys(_BOX.findall(picture)))
    lines = [tuple(_keys(end, there) for end in one.split(">")) for one in names if ">" in one]
    own = {key for one in names if ">" not in one for key in _keys(one, there)}
    boxes = own | {key for line in lines for end in line for key in end}

    def is_lit(source: str, target: str) -> bool:
        if any(source in line[0] and target in line[-1] for line in lines):
            return True
        return {source, target} <= own or (len(own) == 1 and bool({source, target} & own))

    def box(found: re.Match[str]) -> str:
        return found[0] + (' class="lit"' if found[1] in boxes else "")

    def line(found: re.Match[str]) -> str:
        if not is_lit(found[2], found[3]):
            return found[0]
        return found[0].replace(f'class="{found[1]}"', f'class="{found[1]} lit"', 1)

    told = _LINE.sub(line, _BOX.sub(box, picture))
    told = _HEAD.sub(r'\g<line><path class="lit head ', told)
    return Markup(told.replace('<svg class="circuit ', '<svg class="lighting circuit '))


def _keys(name: str, there: Sequence[str]) -> list[str]:
    if name == "words":
        return [one for one in there if one.startswith("word-") or one == "start"]
    if name in there:
        return [name]
    boxes = [one for one in there if not one.startswith("word-")]
    hint = did_you_mean(name, boxes) or f"there are words, {', '.join(boxes)}"
    raise TracerError(f"the picture has no box `{name}`", hint=hint)
