"""Texts that features are looked for in: plain files, and what sort of text each one is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from tracer.documents.files import read_bytes
from tracer.documents.json_text import decode
from tracer.documents.litter import is_litter
from tracer.documents.records import Plain, first_mistake
from tracer.errors import Place, TracerError

LIST = "texts.json"  # in a folder of texts: what they are
Kind = Literal["prose", "code"]
_CODE = {
    "c": "C",
    "cpp": "C++",
    "css": "CSS",
    "go": "Go",
    "h": "C",
    "html": "HTML",
    "java": "Java",
    "js": "JavaScript",
    "json": "JSON",
    "py": "Python",
    "rs": "Rust",
    "scss": "CSS",
    "sh": "shell",
    "sql": "SQL",
    "ts": "TypeScript",
}
_PROSE = ("txt", "md", "rst")


class Sort(Plain):
    """What sort of text it is: `language` is a code such as `fr`, or a programming language."""

    language: str | None = None
    kind: Kind = "prose"


UNKNOWN = Sort()


@dataclass(frozen=True)
class Text:
    """A file of plain text."""

    file: Path
    name: str
    sort: Sort = UNKNOWN


class ListedText(Sort):
    """A line of the list in a folder; `file` lies below the folder."""

    file: str
    title: str | None = None


class TextList(Plain):
    """`texts.json`: the texts of a folder, in the order in which they are read."""

    texts: tuple[ListedText, ...]


def find_texts(paths: Iterable[Path]) -> list[Text]:
    """Each file, and of each folder what its list names, or the text files and sources below it.

    Raises TracerError for a list that is none, and where there is no text at all.
    """
    paths = list(paths)
    found = [text for path in paths for text in (_below(path) if path.is_dir() else [_text(path)])]
    if not found:
        where = ", ".join(map(str, paths))
        hint = f"texts end in .{', .'.join((*_PROSE, *_CODE))}"
        raise TracerError(f"there are no texts in {where}", hint=hint)
    return found


def sort_of(name: str) -> Sort:
    """By a file's name: `novel.fr.txt` is French, `main.py` is Python.

    >>> sort_of("main.py").language
    'Python'
    """
    *front, ending = name.lower().split(".")
    if ending in _CODE:
        return Sort(language=_CODE[ending], kind="code")
    language = front[-1] if len(front) > 1 and front[-1].isalpha() else None
    return Sort(language=language if language and 2 <= len(language) <= 3 else None)


def _text(file: Path) -> Text:
    return Text(file, file.name, sort_of(file.name))


def _below(folder: Path) -> Iterator[Text]:
    file = folder / LIST
    if file.is_file():
        for one in load_text_list(file):
            yield Text(folder / one.file, one.file, Sort(language=one.language, kind=one.kind))
        return
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        known = path.suffix.lower().lstrip(".") in {*_PROSE, *_CODE}
        if known and path.is_file() and not any(map(is_litter, parts)):
            yield Text(path, path.relative_to(folder).as_posix(), sort_of(path.name))


def load_text_list(file: Path) -> Sequence[ListedText]:
    """Raises TracerError with the place when the file is no such list."""
    hint = "`make corpus` writes it; or take it away, and texts are told apart by their names"
    data = decode(read_bytes(file), file, hint=hint)
    try:
        texts = TextList.model_validate(data).texts
    except ValidationError as error:
        what = f"not a list of texts: {first_mistake(error)}"
        raise TracerError(what, hint=hint, place=Place(file)) from None
    for one in texts:
        path = Path(one.file)
        if path.is_absolute() or ".." in path.parts:
            raise TracerError(
                f"`{one.file}` is outside of the folder", hint=hint, place=Place(file)
            )
    return texts
