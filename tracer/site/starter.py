"""A gallery of one's own to begin with: settings, one prompt, its graph, and what is said of it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from tracer.documents.annotation_text import yaml_scalar
from tracer.documents.enclosure import names_in
from tracer.documents.files import read_text
from tracer.documents.lock import alone
from tracer.documents.records import first_mistake
from tracer.documents.schemas import write_schemas
from tracer.documents.site_config import SiteConfig
from tracer.documents.temporary_files import temporary_folder
from tracer.errors import Place, TracerError
from tracer.site.content.reading import files_below
from tracer.site.pin import REQUIREMENTS, pin

TITLE = "A gallery of attribution graphs"
EXAMPLE = "colosseum-italian"
# Pages that are true of any gallery: others tell what was found in this one.
PAGES = ("contribute", "credits", "glossary", "how-to-read", "limits", "methods", "texts")
# What a new gallery takes from this project's own, besides the files of `starter/`.
TAKEN_OVER = (
    *(f"site_src/pages/{one}.md" for one in PAGES),
    "site_src/files/account.svg",
    f"site_src/write-ups/{EXAMPLE}.md",
    f"site_src/annotations/{EXAMPLE}.yaml",
    f"graphs/{EXAMPLE}",
)
_TO_EXAMPLE = re.compile(rf"\[([^\]]*)\]\((?:\.\./)+graphs/{EXAMPLE}/\)")
_HIDDEN = {"gitignore": ".gitignore", "github": ".github"}
_FILLED_IN = ("README.md", "site_src/site.yaml")
_PACKAGE = Path(__file__).parents[1]
_CHECKOUT = _PACKAGE.parent


def start_gallery(
    folder: Path,
    *,
    title: str = TITLE,
    base_url: str | None = None,
    repository: str | None = None,
) -> list[str]:
    """Make a working gallery in a folder that is new or empty; gives the paths of its files.

    Raises TracerError, with nothing written, where something is there already, or an address is
    none.
    """
    settings = {"title": title, "base_url": base_url, "repository": repository}
    _refuse_settings({key: value for key, value in settings.items() if value is not None})
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        hint = "choose a new folder, or an empty one"
        raise TracerError("there is something here already", hint=hint, place=Place(folder))
    target = folder.resolve()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with alone(target, "begins this gallery"), temporary_folder(target) as scratch:
            made = scratch / "gallery"
            for name, file in _files():
                if name != REQUIREMENTS:
                    _put(made / name, name, file, settings)
            pin_gallery(made)
            write_schemas(made)
            if target.exists():
                target.rmdir()
            made.rename(target)
    except OSError as error:
        what = f"nothing can be written here: {error.strerror or error}"
        hint = "check the folder's permissions, or choose another"
        raise TracerError(what, hint=hint, place=Place(folder)) from error
    return sorted(p.relative_to(target).as_posix() for p in target.rglob("*") if p.is_file())


def pin_gallery(gallery: Path) -> list[str]:
    """Let a gallery's host install this very tracer; gives the paths that were written.

    Raises TracerError where it is no gallery, or nothing can be written.
    """
    if not (gallery / "site_src").is_dir():
        what, hint = "there is no gallery here: no site_src/", "`tracer init` makes one"
        raise TracerError(what, hint=hint, place=Place(gallery))
    return pin(gallery, dict(_files())[REQUIREMENTS])


def _refuse_settings(given: dict[str, str]) -> None:
    try:
        SiteConfig.model_validate(given)
    except ValidationError as error:
        what = first_mistake(error)
        raise TracerError(what, hint="write it as site.yaml takes it, or leave it out") from None


def _put(target: Path, name: str, file: Path, settings: Mapping[str, str | None]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if name.startswith("site_src/pages/"):
        # A page leads to no graph that its owner may take away.
        target.write_text(_TO_EXAMPLE.sub(r"\1", read_text(file)), encoding="utf-8")
        return
    if name not in _FILLED_IN:
        shutil.copyfile(file, target)
        return
    text, title = read_text(file), settings["title"] or TITLE
    if name.endswith(".yaml"):
        text = text.replace("{title}", yaml_scalar(title))
        lines = text.split("\n")
        for key in ("base_url", "repository"):
            value = settings[key]
            at = next(n for n, line in enumerate(lines) if line.startswith(f"# {key}:"))
            lines[at] = lines[at] if value is None else f"{key}: {yaml_scalar(value)}"
        text = "\n".join(lines)
    target.write_text(text.replace("{title}", title), encoding="utf-8")


def _files() -> Iterator[tuple[str, Path]]:
    """Name in the new gallery -> file, from the checkout or from the installed package."""
    own, root = _CHECKOUT / "starter", _CHECKOUT
    if not own.is_dir() or not (_CHECKOUT / "pyproject.toml").is_file():
        own = root = _PACKAGE / "_starter"
    else:
        for part in TAKEN_OVER:
            for file in _below(root / part):
                yield file.relative_to(root).as_posix(), file
    for file in _below(own):
        first, slash, rest = file.relative_to(own).as_posix().partition("/")
        yield _HIDDEN.get(first, first) + slash + rest, file


def _below(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return [path / name for name in sorted(files_below(path, names_in))]
