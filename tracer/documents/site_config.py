"""`site_src/site.yaml`: what the gallery is called and where it lives."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from tracer.documents.yaml_source import load_yaml

HttpUrl = Annotated[str, StringConstraints(pattern=r"^https?://[^\s\"'<>]+$")]


class SiteConfig(BaseModel):
    """Settings of the whole gallery; every one has a default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = Field("Attribution graphs", min_length=1, max_length=120)
    description: str = Field("", max_length=300)
    base_url: HttpUrl | None = Field(None, description="the public address, for canonical links")
    repository: HttpUrl | None = Field(None, description="where pull requests go")
    language: str = Field("en", pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$")
    search: bool = Field(True, description="full-text search, by an index made with pagefind")
    licence: str | None = Field(None, max_length=200)


def load_site_config(file: Path) -> SiteConfig:
    """Read the site's settings; an absent or empty file means the defaults."""
    if not file.exists():
        return SiteConfig()
    source = load_yaml(file)
    return SiteConfig() if source.data is None else source.validate(SiteConfig)
