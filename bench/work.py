"""The commands that write, each with what must be true of its results at any moment."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench.killed import end, start
from tests.builders import make_graph
from tracer.documents.annotations import load_annotations
from tracer.documents.evidence import load_evidence
from tracer.documents.feature_pack import packed_records
from tracer.documents.graph import load_graph
from tracer.errors import TracerError
from tracer.site.building.output import MARKER

ROOT = Path(__file__).parents[1]
PROMPTS = ("w3 w4 w5", "w6 w7", "w8 w17 w30", "w9 w2 w3")
_LOADERS = {
    "graphs/*/[0-9].json": load_graph,
    "graphs/*/*.evidence.json": load_evidence,
    "features/*/*.features": packed_records,
    "site_src/annotations/*.yaml": load_annotations,
}


def make_gallery(folder: Path, model: Path) -> Path:
    """A gallery under version control, with a prompt list and nothing traced yet."""
    entries = "".join(
        f"  - {{slug: s{number}, prompt: ' {prompt}'}}\n" for number, prompt in enumerate(PROMPTS)
    )
    head = f"defaults: {{model: {model}, candidates: 40}}\ngraphs:\n"
    pages = {f"site_src/pages/p{n}.md": f"# Page {n}\n\nText.\n" for n in range(8)}
    texts = {"site_src/prompts.yaml": head + entries, "text.txt": " w3 w17 w5 w9" * 60, **pages}
    for name, text in texts.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    shutil.copyfile(ROOT / "starter" / "gitignore", folder / ".gitignore")
    _git(folder, "init", "--quiet")
    return folder


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=True)


@dataclass
class Work:
    """One command, repeated. `results` are removed before it is done anew."""

    name: str
    command: list[str]
    results: tuple[str, ...]
    bytes: int  # that it writes, about
    expected: set[str] = field(default_factory=set)

    def prepare(self, gallery: Path) -> None:
        """What the command needs; then the command once, to see what it should give."""
        self.expected = set()
        ended = end(start(gallery, self.command))
        assert ended.status == 0, ended.said
        self.expected = set(self.finished(gallery))

    def reset(self, gallery: Path) -> None:
        for pattern in self.results:
            for path in gallery.glob(pattern):
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def finished(self, gallery: Path) -> dict[str, str]:
        """The results that are there, with a name for their content."""
        return {
            path.relative_to(gallery).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for pattern in _LOADERS
            for path in gallery.glob(pattern)
        }

    def unsound(self, gallery: Path) -> Iterator[str]:
        """What is not whole."""
        for pattern, load in _LOADERS.items():
            for file in gallery.glob(pattern):
                try:
                    load(file)
                except TracerError as error:
                    yield str(error)

    def unfinished(self, gallery: Path) -> Iterator[str]:
        there = set(self.finished(gallery))
        if there != self.expected:
            yield f"there is {sorted(there)}, expected {sorted(self.expected)}"


class Verify(Work):
    """Evidence grows by one claim at a time: what was found stays found."""

    def prepare(self, gallery: Path) -> None:
        ended = end(start(gallery, ["build-graphs"]))
        assert ended.status == 0, ended.said
        for number in range(2):
            graph = load_graph(gallery / "graphs" / f"s{number}" / "1.json")
            nodes = [one.node_id for one in graph.nodes if one.kind == "feature"]
            file = gallery / "site_src" / "annotations" / f"s{number}.yaml"
            file.parent.mkdir(exist_ok=True)
            claims = "".join(
                f'  - {{id: c{n}, ablate: "{node}", expect: {{token: " w9", p_below: 0.99}}}}\n'
                for n, node in enumerate(nodes[:2])
            )
            text = f"claims:\n{claims}".replace("}}\n", "}, holds: false}\n")
            file.write_text(text, encoding="utf-8")
        super().prepare(gallery)

    def finished(self, gallery: Path) -> dict[str, str]:
        found = super().finished(gallery)
        for file in gallery.glob("graphs/*/*.evidence.json"):
            evidence = load_evidence(file)
            name = file.relative_to(gallery).as_posix()
            found[name] = "there"
            found |= {f"{name} {one.id}": one.verdict for one in evidence.claims}
            if evidence.faithfulness is not None:
                found[f"{name} faithfulness"] = "there"
        return found


class FindExamples(Work):
    def prepare(self, gallery: Path) -> None:
        ended = end(start(gallery, ["build-graphs"]))
        assert ended.status == 0, ended.said
        super().prepare(gallery)


class Import(Work):
    def prepare(self, gallery: Path) -> None:
        graph = make_graph(slug="theirs")
        named = [one.model_copy(update={"clerp": f"name of {one.node_id}"}) for one in graph.nodes]
        graph.model_copy(update={"nodes": tuple(named)}).save(gallery / "theirs.json")
        super().prepare(gallery)


class Build(Work):
    """Between two states of the sources: the site is always wholly of one of them."""

    _sites: tuple[dict[str, str], ...] = ()
    _resets: int = 0

    def prepare(self, gallery: Path) -> None:
        make_graph(slug="france-paris").save(gallery / "graphs" / "france-paris" / "1.json")
        (gallery / "site_src" / "prompts.yaml").unlink()
        sites = []
        for _ in range(2):
            self._change(gallery)
            ended = end(start(gallery, self.command))
            assert ended.status == 0, ended.said
            sites.append(_content(gallery / "public"))
        assert sites[0] != sites[1]
        self._sites = tuple(sites)
        super().prepare(gallery)

    def reset(self, gallery: Path) -> None:
        """Another text; now and then from nothing."""
        self._change(gallery)
        self._resets += 1
        if self._resets % 5 == 0:
            super().reset(gallery)

    def finished(self, gallery: Path) -> dict[str, str]:
        return {}

    def unsound(self, gallery: Path) -> Iterator[str]:
        if (gallery / "public").exists() and _content(gallery / "public") not in self._sites:
            yield "the site is neither the old nor the new one"

    def unfinished(self, gallery: Path) -> Iterator[str]:
        page = gallery / "public" / "p0" / "index.html"
        if not page.is_file() or self._text(gallery) not in page.read_text(encoding="utf-8"):
            yield "the site is not of the text that is there"

    def _text(self, gallery: Path) -> str:
        return (gallery / "site_src" / "pages" / "p0.md").read_text(encoding="utf-8").split("\n")[2]

    def _change(self, gallery: Path) -> None:
        file = gallery / "site_src" / "pages" / "p0.md"
        text = "Odd text." if "Even" in file.read_text(encoding="utf-8") else "Even text."
        file.write_text(f"# Page 0\n\n{text}\n", encoding="utf-8")


def _content(site: Path) -> dict[str, str]:
    """Every file of a site, its own list of them included; the search index is not the same twice,
    so of it only that its list names it."""
    found = {
        path.relative_to(site).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in site.rglob("*")
        if path.is_file()
    }
    listed = set((site / MARKER).read_text(encoding="utf-8").split("\n")[1:-1])
    assert listed == found.keys() - {MARKER}, "the list of the site's files is not true"
    return {
        name: digest
        for name, digest in found.items()
        if not name.startswith("pagefind/") and name != MARKER
    }


WORKS: tuple[Work, ...] = (
    Work("build-graphs", ["build-graphs", "--device", "cpu"], ("graphs",), 60_000),
    Build("build", ["build"], ("public", ".tracer"), 1_200_000),
    Verify("verify", ["verify", "--device", "cpu"], ("graphs/*/*.evidence.json",), 40_000),
    FindExamples(
        "find-examples",
        ["find-examples", "text.txt", "--most", "6", "--device", "cpu"],
        ("features",),
        60_000,
    ),
    Import(
        "import",
        ["import", "theirs.json"],
        ("graphs", "site_src/annotations", "site_src/schemas"),
        60_000,
    ),
)
