"""The site's colours, of which `assets/styles/tokens.css` is the one home.

Pages read it as it is; what is drawn without a style sheet asks here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from tracer.documents.files import read_text
from tracer.documents.theme import Theme
from tracer.site.content.resources import files_in, resource_folders

TOKENS = "styles/tokens.css"
_DARK = re.compile(r"@media [^{]*\(prefers-color-scheme: dark\)")
_PROPERTY = re.compile(r"--([a-z]+): *(#[0-9a-fA-F]{3,6});")


def packaged_colours(root: Path) -> dict[str, Mapping[str, str]]:
    """Scheme -> name -> colour of `tokens.css`, the gallery's own where it has one; what that
    leaves out is as in the packaged one."""
    day: dict[str, str] = {}
    night: dict[str, str] = {}
    for folder in reversed(resource_folders("assets", root)):
        if (file := files_in([folder]).get(TOKENS)) is not None:
            light, *dark = _DARK.split(read_text(file))
            day |= dict(_PROPERTY.findall(light))
            night |= dict(_PROPERTY.findall("".join(dark)))
    return {"light": day, "dark": {**day, **night}}


def daylight(root: Path, theme: Theme) -> Mapping[str, str]:
    """Name -> colour by day, with those that the gallery sets itself."""
    return {**packaged_colours(root)["light"], **theme.light.model_dump(exclude_none=True)}
