"""README tells the truth about this repository."""

from __future__ import annotations

import re
from pathlib import Path

from bench.readme import with_tables
from tracer.documents.prompts import TraceSettings

REPOSITORY = Path(__file__).parents[1]
TEXT = (REPOSITORY / "README.md").read_text(encoding="utf-8")


def test_generated_tables_agree_with_the_measurements() -> None:
    assert with_tables(TEXT) == TEXT, "run `python bench/readme.py`"


def test_the_map_names_what_is_there() -> None:
    listed = re.search(r"## The map of the house.*?## ", TEXT, re.DOTALL)
    assert listed is not None
    for path in re.findall(r"`([a-z_/.]+/|tracer/[a-z_]+\.py)`", listed[0]):
        assert (REPOSITORY / path).exists() or path == "public/", path
    for part in (REPOSITORY / "tracer").iterdir():
        if part.is_dir() and not part.name.startswith("_"):
            assert f"tracer/{part.name}/" in listed[0], part


def test_every_setting_is_explained_with_its_default() -> None:
    for name, field in TraceSettings.model_fields.items():
        row = re.search(rf"^\|.*`{name}`.*$", TEXT, re.MULTILINE)
        assert row is not None, name
        assert str(field.default or "none").removesuffix(".0") in row[0], name


def test_the_two_commands_come_first() -> None:
    assert TEXT.index("make demo") < TEXT.index("make test") < TEXT.index("![")
    for target in re.findall(r"^ {4}make ([a-z-]+)", TEXT, re.MULTILINE):
        assert re.search(rf"^{target}:", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)


def test_pictures_and_files_named_are_there() -> None:
    prose = re.sub(r"^ {4}.*$|`[^`]*`", "", TEXT, flags=re.MULTILINE)
    for path in re.findall(r"\]\((?!https?:)([^)]+)\)", prose):
        assert (REPOSITORY / path).exists(), path
    assert "pip install tracer" not in TEXT
