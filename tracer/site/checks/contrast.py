"""Whether the colours of `theme:` can be read: the contrast that WCAG 2.2 asks for.

By WCAG's own formula: the package that holds it, wcag-contrast-ratio, had its last release in 2015.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tracer.documents.site_config import load_site_config
from tracer.documents.theme import Theme
from tracer.errors import TracerError
from tracer.site.content.colours import packaged_colours

_GROUNDS = ("bg", "surface", "sunken")
_WRITING = ("text", "muted", "accent", "positive", "negative", "good", "bad")
_SHAPES = ("neutral", "feature", "embedding", "select")
# WCAG 2.2, 1.4.3 and 1.4.11: writing, and shapes that must be told from what they lie on.
_LEAST = {
    **{(front, ground): 4.5 for front in _WRITING for ground in _GROUNDS},
    **{(front, ground): 3.0 for front in _SHAPES for ground in ("bg", "surface")},
    ("logit", "bg"): 4.5,  # the answer's box has writing in the page's colour
}


def faint_colours(root: Path, theme: Theme) -> Iterator[TracerError]:
    """A warning for each pair of colours too alike, of which `site.yaml` sets at least one."""
    own = theme.model_dump(exclude_none=True)
    if not any(own.values()):
        return
    _, source = load_site_config(root / "site_src" / "site.yaml")
    for scheme, colours in packaged_colours(root).items():
        for (front, ground), least in _LEAST.items():
            given = [name for name in (front, ground) if name in own.get(scheme, {})]
            both = {**colours, **own.get(scheme, {})}
            found = contrast(both[front], both[ground])
            if given and found < least:
                what = (
                    f"`{front}` on `{ground}` has a contrast of {found:.1f} in the {scheme} colours"
                )
                place = source.place(("theme", scheme, given[0])) if source else None
                hint = f"many readers need {least:g} or more"
                yield TracerError(what, hint=hint, place=place)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21, by WCAG 2.2."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    red, green, blue = (_linear(int(digits[at : at + 2], 16) / 255) for at in (0, 2, 4))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(share: float) -> float:
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)
