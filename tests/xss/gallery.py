"""A gallery with every payload in every field that people or foreign programs fill."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from tests.xss.documents import Documents, Placed
from tests.xss.texts import (
    OF_A_GRAPH,
    Block,
    Payload,
    annotated,
    body,
    front,
    kept,
    planned,
    quoted,
    shared_labels,
    tested,
)
from tracer.errors import TracerError
from tracer.site.build import build
from tracer.site.check import check

CHUNK = 8  # payloads on one graph's page
# Where an address of nowhere in particular is a mistake.
_LEADING = ("link target", "bracketed target", "picture", "reference", "autolink", "text")
_SAID = ("label", "group", "claim", "counterpoint")
_CODE = ("code", "indented code", "fence", "highlighted")
_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360"
    "60606000000005000170a5e9c50000000049454e44ae426082"
)


class HostileGallery:
    """Writes the files below `root`, but for what no gallery may say."""

    def __init__(self, root: Path, payloads: Sequence[Payload]):
        self.root = root
        self.placed = Placed()
        self._payloads = payloads
        self._blocks: dict[Path, list[Block]] = {}
        self.graphs = [f"g-{one:03}" for one in range(0, len(payloads), CHUNK)]

    @property
    def chunks(self) -> list[tuple[str, Sequence[Payload]]]:
        """The slug of a graph with the payloads that are on it."""
        starts = range(0, len(self._payloads), CHUNK)
        return [
            (slug, self._payloads[start : start + CHUNK])
            for slug, start in zip(self.graphs, starts, strict=True)
        ]

    def write(self) -> None:
        documents = Documents(self.root, self.placed)
        (self.root / "site_src" / "files").mkdir(parents=True)
        (self.root / "site_src" / "files" / "a.png").write_bytes(_PNG)
        listed: list[Block] = [("", None, "graphs:")]
        for slug, chunk in self.chunks:
            documents.graph(slug, chunk)
            documents.foreign(f"f{slug}", chunk)
            self._blocks[self._source("annotations", f"{slug}.yaml")] = annotated(chunk)
            listed += planned(slug, chunk)
        self._blocks[self._source("", "prompts.yaml")] = listed
        for payload in self._payloads:
            documents.plain(f"w-{payload[0]:03}", payload)
            self._texts(payload)
        self._site()
        self._settle()
        for payload in self._payloads:
            documents.evidence(f"w-{payload[0]:03}", payload)

    def _texts(self, payload: Payload) -> None:
        """A page, a file, and all that can be said about one graph: a payload in all fields."""
        number = payload[0]
        slug = f"w-{number:03}"
        written = [*front(payload), *body(payload)]
        self._blocks[self._source("pages", f"t-{number:03}.md")] = [*written, self._file(payload)]
        write_up = [*written, *body(payload, OF_A_GRAPH)]
        self._blocks[self._source("write-ups", f"{slug}.md")] = write_up
        compared = self._source("comparisons", f"{slug}--{self.graphs[0]}.md")
        self._blocks[compared] = list(written)
        self._blocks[self._source("annotations", f"{slug}.yaml")] = tested(payload)
        self._blocks[self._source("labels", f"{slug}.yaml")] = shared_labels(payload)

    def _file(self, payload: Payload) -> Block:
        """One to download whose name is the payload, but for what no name may hold."""
        name = re.sub(r"[/\x00]", "∕", f"n {payload[1]}")[:60] + ".txt"
        (self.root / "site_src" / "files" / name).write_text("x", encoding="utf-8")
        return ("file's name", payload, f"[x](../files/{quote(name)})\n")

    def _site(self) -> None:
        """Lists of the site's settings; what it has but once, each payload in turn has it."""
        lines: list[Block] = [("", None, "repository: https://github.com/example/gallery")]
        lines.append(("", None, "authors:"))
        for payload in self._payloads:
            said = quoted(payload[1][:120])
            where = "url: 'https://example.org/'"
            lines.append(("author", payload, f"  - {{name: {said}, {where}}}"))
        lines.append(("", None, "navigation:"))
        to = f"t-{self._payloads[0][0]:03}/"
        for payload in self._payloads:
            said = quoted(payload[1][:120])
            lines.append(("navigation", payload, f"  - {{title: {said}, to: {to}}}"))
        self._blocks[self._source("", "site.yaml")] = lines

    def _source(self, folder: str, name: str) -> Path:
        return self.root / "site_src" / folder / name

    def _settle(self) -> None:
        """Write the files; take out block after block that `check` does not take."""
        for _ in range(60):  # a page tells its mistakes one after the other
            for file, blocks in self._blocks.items():
                file.parent.mkdir(parents=True, exist_ok=True)
                content = "".join(f"{line}\n" for line in kept(blocks)).encode()
                if not file.exists() or file.read_bytes() != content:
                    file.write_bytes(content)
            places = [one.problem for one in check(self.root) if one.level == "error"]
            if not places:
                break
            for problem in places:
                assert problem.place is not None and problem.place.file in self._blocks, problem
                self._drop(problem.place.file, problem.place.line or 1, str(problem))
        else:
            raise AssertionError(places)
        for file, blocks in self._blocks.items():
            for name, payload, _ in blocks:
                if payload is not None:
                    self.placed.add(f"{_kind(file)}: {name}", [payload])
        self.placed.refused -= self.placed.pairs

    def _drop(self, file: Path, line: int, problem: str) -> None:
        blocks = self._blocks[file]
        start = 1
        for index, (name, payload, text) in enumerate(blocks):
            end = start + len(re.split("\r\n|\r|\n", text))
            if start <= line < end:
                assert payload is not None or not text.strip(), (problem, text)
                related: tuple[str, ...] = next(
                    (one for one in (_LEADING, _SAID) if name in one), (name,)
                )
                if sum(said == "" and not lines.strip() for said, _, lines in blocks) > 10:
                    # The text itself is a link to nowhere, wherever it is not code.
                    related = tuple({said for said, _, _ in blocks} - {*_CODE, "title", "tag"})
                for other, (said, whose, lines) in enumerate(blocks):
                    if other == index or (said in related and whose == payload):
                        if whose is not None:
                            self.placed.refuse(f"{_kind(file)}: {said}", [whose])
                        empty = "\n" * (len(re.split("\r\n|\r|\n", lines)) - 1)
                        blocks[other] = ("", None, empty)
                return
            start = end


def _kind(file: Path) -> str:
    """What a file of `site_src` is, as fields are called."""
    return file.stem if file.parent.name == "site_src" else file.parent.name


def write_settings(folder: Path, out: Path, payloads: Sequence[Payload], placed: Placed) -> None:
    """A small site for each payload, which is in all that a gallery has but once."""
    for payload in payloads:
        number, said = payload
        root = folder / str(number)
        page = "".join(f"{text}\n" for _, _, text in front(payload))
        words = f"title: {quoted(said[:120])}\ndescription: {quoted(said)}\n"
        words += f"licence: {quoted(said)}\nsearch: false\nbase_url: https://example.org/\n"
        dated = page.replace("title:", "date: 2026-01-01\ntitle:", 1)
        for name, text in {"site.yaml": words, "pages/t.md": dated}.items():
            file = root / "site_src" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        try:
            build(root, out / "settings" / f"s-{number}")
        except TracerError:
            placed.refuse("site", [payload])
        else:
            for name in ("title", "description", "licence"):
                placed.add(f"site: {name}", [payload])
            for name in ("title", "summary", "author", "tag"):
                placed.add(f"feed: {name}", [payload])
