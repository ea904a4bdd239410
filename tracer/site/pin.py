"""`requirements.txt` and `wheels/` of a gallery: what its host installs, each file known by its
sha256, so that no index and no network can put another program in its place.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from tracer.documents.files import read_text, write_atomically
from tracer.errors import TracerError
from tracer.site.wheel import needed, own_wheel

REQUIREMENTS = "requirements.txt"
WHEELS = "wheels"
_OWN = "{tracer}"
_OLD_WHEELS = "tracer_gallery-*.whl"


def pin(gallery: Path, requirements: Path) -> list[str]:
    """Put the tracer that runs, as a wheel, into a gallery and name it in its requirements.

    `requirements` is the list of everything else, with `{tracer}` where tracer belongs. Gives the
    paths that were written. Raises TracerError where nothing can be written, or the list is of
    another state of tracer than the installed one.
    """
    name, content = own_wheel()
    listed = read_text(requirements)
    if missing := needed() - set(re.findall(r"^([\w.-]+)==", listed, re.MULTILINE)):
        raise TracerError(
            f"the installed tracer needs {', '.join(sorted(missing))}, which its list of "
            "requirements does not name",
            hint="install it again (`pip install .` in its folder)",
        )
    for old in (gallery / WHEELS).glob(_OLD_WHEELS):
        if old.name != name:
            old.unlink()
    write_atomically(gallery / WHEELS / name, content)
    line = f"./{WHEELS}/{name} \\\n    --hash=sha256:{hashlib.sha256(content).hexdigest()}"
    write_atomically(gallery / REQUIREMENTS, listed.replace(_OWN, line))
    return [REQUIREMENTS, f"{WHEELS}/{name}"]
