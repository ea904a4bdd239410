"""`site_src/site.yaml`: what the gallery is called, where it lives, how it looks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints

from tracer.documents.enclosure import is_there
from tracer.documents.records import Strict
from tracer.documents.theme import Theme
from tracer.documents.yaml_source import YamlSource, load_yaml

_BELOW_ROOT = re.compile(r"(?:[a-z0-9-]+/)*(?:#[\w-]+)?\Z")

Branch = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_./-]*$", max_length=100)
]


Host = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?$", max_length=253),
]


def _whole_address(address: str) -> str:
    parts = urlsplit(address)
    unwritten = re.search(r"[\s\"'<>\\]", address) is not None
    if parts.scheme not in ("http", "https") or not parts.hostname or unwritten:
        raise ValueError("write a whole address, such as `https://example.org/gallery`")
    return address


def _public_address(address: str) -> str:
    parts = urlsplit(_whole_address(address))
    if parts.query or parts.fragment or parts.username:
        raise ValueError("leave out what follows `?` or `#`, and any user name")
    return address


def _destination(address: str) -> str:
    if address.startswith(("http://", "https://")):
        return _whole_address(address)
    if not _BELOW_ROOT.match(address):
        raise ValueError(
            "write an address below the site's root that ends in a slash, such as "
            "`how-to-read/`, or a whole one that begins with `https://`"
        )
    return address


Address = Annotated[str, AfterValidator(_public_address)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True)]


class Author(Strict):
    """Somebody who writes here; `name` as in front matter and annotations."""

    name: Name
    url: Address | None = Field(None, description="where their name leads to")


class NavigationLink(Strict):
    """A link in the head of every page."""

    title: Name
    to: Annotated[str, AfterValidator(_destination)] = Field(
        description="below the site's root (`how-to-read/`), or a whole address"
    )


class FirstStep(Strict):
    """A page to begin with, and what it is about."""

    title: Name
    to: Annotated[str, AfterValidator(_destination)] = Field(
        description="below the site's root (`graphs/my-slug/`), or a whole address"
    )
    about: Annotated[str, StringConstraints(max_length=300, strip_whitespace=True)] = ""


class SiteConfig(Strict):
    """Settings of the whole gallery; every one has a default."""

    title: str = Field("Attribution graphs", min_length=1, max_length=120)
    description: str = Field("", max_length=300)
    base_url: Address | None = Field(None, description="the public address, for canonical links")
    repository: Address | None = Field(None, description="where pull requests go")
    branch: Branch = Field("main", description="the branch that pull requests go to")
    language: str = Field("en", pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$")
    search: bool = Field(True, description="full-text search, by an index made with pagefind")
    licence: str | None = Field(None, max_length=200)
    authors: tuple[Author, ...] = Field((), description="whose names lead somewhere")
    navigation: tuple[NavigationLink, ...] | None = Field(
        None, description="links of every page's head; left out: all pages, by their `order`"
    )
    start: tuple[FirstStep, ...] = Field(
        (), max_length=9, description="“Start here”: pages to read first, in order"
    )
    fetch_from: tuple[Host, ...] = Field(
        (),
        max_length=20,
        description="hosts that `tracer import-examples --fetch` may ask, such as "
        "`www.neuronpedia.org`; pages never fetch from any",
    )
    theme: Theme = Field(default_factory=Theme, description="colours other than the usual")

    def url_of(self, author: str) -> str | None:
        """Where an author's name leads to."""
        return next((one.url for one in self.authors if one.name == author), None)


def load_site_config(file: Path) -> tuple[SiteConfig, YamlSource | None]:
    """Read the site's settings; an absent or empty file means the defaults."""
    if not is_there(file):
        return SiteConfig(), None
    source = load_yaml(file)
    return SiteConfig() if source.data is None else source.validate(SiteConfig), source
