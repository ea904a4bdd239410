"""A text as its author wrote it: front matter and Markdown."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tracer.documents.front_matter import FrontMatter
from tracer.documents.yaml_source import YamlSource


@dataclass(frozen=True)
class MarkdownFile:
    """A Markdown file; `body` keeps the file's own line numbers."""

    file: Path
    meta: FrontMatter
    body: str = field(repr=False)
    front: YamlSource | None = field(repr=False, default=None)

    @property
    def title(self) -> str:
        return self.meta.title or self.file.stem.replace("-", " ").capitalize()
