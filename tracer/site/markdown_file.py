"""A Markdown file with its front matter."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tracer.documents.files import read_text
from tracer.documents.front_matter import FrontMatter
from tracer.documents.yaml_source import YamlSource, parse_yaml
from tracer.errors import Place, TracerError


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


def load_markdown(file: Path) -> MarkdownFile:
    """Read a Markdown file with optional front matter. Raises TracerError or Problems."""
    text = read_text(file)
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        return MarkdownFile(file, FrontMatter(), text)
    end = next((i for i, line in enumerate(lines) if i and line.rstrip() == "---"), None)
    if end is None:
        raise TracerError(
            "the front matter has no end", hint="close it with a line `---`", place=Place(file, 1)
        )
    # Blank lines in place of what was cut keep every later line number true.
    source = parse_yaml("\n" + "\n".join(lines[1:end]), file)
    meta = FrontMatter() if source.data is None else source.validate(FrontMatter)
    return MarkdownFile(file, meta, "\n" * (end + 1) + "\n".join(lines[end + 1 :]), source)
