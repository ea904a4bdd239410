"""More said about a graph, put into the file that people wrote, whose lines stay as they are."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tracer.documents.annotation_text import annotations_text
from tracer.documents.annotations import Annotations, load_annotations
from tracer.documents.enclosure import is_there
from tracer.documents.files import read_text, write_atomically
from tracer.documents.schemas import schema_header
from tracer.errors import Place, Problems, TracerError

SECTIONS = ("labels", "groups", "claims")


def add_to(file: Path, added: Annotations) -> None:
    """Each label, group and claim, on a line of its own behind those that are there.

    Raises TracerError, with nothing written, where one of that name is there already, and for a
    file that is written otherwise than in lines.
    """
    before = load_annotations(file)[0] if is_there(file) else Annotations()
    _refuse_taken(before, added, file)
    text = read_text(file) if is_there(file) else schema_header("annotations")
    found = _joined(text, added)
    expected = before.model_copy(
        update={
            "labels": {**before.labels, **added.labels},
            "groups": {**before.groups, **added.groups},
            "claims": (*before.claims, *added.claims),
        }
    )
    if not _says(found, expected):
        what = "nothing can be added to this file as it is written"
        hint = "put `labels:`, `groups:` and `claims:` on lines of their own, an entry on each"
        raise TracerError(what, hint=hint, place=Place(file))
    write_atomically(file, found)


def _refuse_taken(before: Annotations, added: Annotations, file: Path) -> None:
    claims = {one.id for one in before.claims} & {one.id for one in added.claims}
    taken = [
        *(f"the label `{one}`" for one in before.labels.keys() & added.labels.keys()),
        *(f"the group `{one}`" for one in before.groups.keys() & added.groups.keys()),
        *(f"the claim `{one}`" for one in claims),
    ]
    if taken:
        what = f"{min(taken)} is there already"
        raise TracerError(what, hint="give yours another name", place=Place(file))


def _joined(text: str, added: Annotations) -> str:
    lines = text.splitlines()
    new = annotations_text(added.model_copy(update={"revision": None})).splitlines()
    for name in SECTIONS:
        entries = _section(new, name)
        if not entries:
            continue
        begin = next((at for at, line in enumerate(lines) if line.rstrip() == f"{name}:"), None)
        if begin is None:
            lines += [f"{name}:", *entries]
            continue
        end = begin + 1 + len(_section(lines, name))
        lines[end:end] = entries
    return "\n".join(lines) + "\n"


def _section(lines: list[str], name: str) -> list[str]:
    """The lines behind a section's name that belong to it."""
    begin = next((at for at, line in enumerate(lines) if line.rstrip() == f"{name}:"), None)
    if begin is None:
        return []
    found = []
    for line in lines[begin + 1 :]:
        if line[:1] not in (" ", "-"):
            break
        found.append(line)
    return found


def _says(text: str, expected: Annotations) -> bool:
    """Whether this text is read as just that."""
    with tempfile.TemporaryDirectory(prefix="tracer-") as folder:
        copy = Path(folder) / "annotations.yaml"
        write_atomically(copy, text)
        try:
            return load_annotations(copy)[0] == expected
        except (TracerError, Problems):
            return False
