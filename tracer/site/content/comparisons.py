"""`site_src/comparisons/<a>--<b>.md`: what somebody wrote about two graphs side by side."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from tracer.errors import Place, TracerError, did_you_mean

BETWEEN = "--"


def compared_slugs(file: Path, known: Collection[str]) -> tuple[str, str]:
    """The two graphs that a comparison's file name says.

    Raises TracerError when the name does not name two different graphs of the gallery.
    """
    pieces = file.stem.split(BETWEEN)
    if file.suffix != ".md" or len(pieces) < 2:
        what = f"`{file.name}` does not say which two graphs it compares"
        raise TracerError(what, hint="name it <slug>--<slug>.md", place=Place(file))
    splits = [
        (BETWEEN.join(pieces[:at]), BETWEEN.join(pieces[at:])) for at in range(1, len(pieces))
    ]
    fitting = [pair for pair in splits if set(pair) <= set(known) and len(set(pair)) == 2]
    if fitting:
        return fitting[0]
    left, right = splits[0]
    if left == right:
        raise TracerError(
            f"`{left}` is compared with itself", hint="name two graphs", place=Place(file)
        )
    unknown = left if left not in known else right
    hint = did_you_mean(unknown, known) or f"known: {', '.join(sorted(known)) or 'none'}"
    raise TracerError(f"there is no graph `{unknown}`", hint=hint, place=Place(file))
