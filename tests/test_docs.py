"""What docs/ says is so: its schemas are this version's, fields are described, links lead on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from tracer.documents.account import AccountInfo, Alternative, Box, Read
from tracer.documents.evidence import (
    ClaimEvidence,
    Evidence,
    Exchange,
    ExchangedLayer,
    Faithfulness,
    Measure,
    NodeAblation,
    OtherModel,
    PartAblation,
)
from tracer.documents.graph import Link, Metadata, Node
from tracer.documents.schemas import schema_text
from tracer.documents.trace_figures import Counts, Fit, Scores
from tracer.documents.trace_info import AdapterInfo, Answer, ModelInfo, Question, TracerInfo
from tracer.documents.trial import Silenced, Trial

DOCS = Path(__file__).parents[1] / "docs"
PARTS = "tracer|site|batch|cli|model|features|attribution|documents"
FORMAT = (DOCS / "graph-format.md").read_text(encoding="utf-8")
RECORDS: list[type[BaseModel]] = [
    *(Metadata, TracerInfo, ModelInfo, Question, Answer, Scores, Counts, Fit, Node, Link),
    *(AccountInfo, Alternative, Box, Read, Silenced, Trial),
    *(Evidence, Faithfulness, NodeAblation, PartAblation, ClaimEvidence, Measure),
    *(AdapterInfo, Exchange, ExchangedLayer, OtherModel),
]


@pytest.mark.parametrize("document", ["graph", "evidence"])
def test_the_schemas_are_of_this_version(document: str) -> None:
    file = DOCS / f"{document}.schema.json"
    text = file.read_text(encoding="utf-8")
    assert text == schema_text(document), f"run `tracer schema {document} > docs/{file.name}`"


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_every_field_of_a_graph_file_is_described(record: type[BaseModel]) -> None:
    words = set(re.findall(r"`([\w.]+)`", FORMAT))
    words |= {part for word in words for part in word.split(".")}
    names = {field.alias or name for name, field in record.model_fields.items()}
    assert names - words == set()


def links(file: Path) -> Iterator[str]:
    yield from re.findall(r"\]\((?![a-z]+:)([^)#\s]+)", file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", sorted(DOCS.glob("*.md")), ids=lambda file: file.name)
def test_links_lead_to_files(file: Path) -> None:
    assert [link for link in links(file) if not (file.parent / link).exists()] == []


@pytest.mark.parametrize("file", sorted(DOCS.glob("*.md")), ids=lambda file: file.name)
def test_paths_that_the_documents_name_are_there(file: Path) -> None:
    root = DOCS.parent
    text = file.read_text(encoding="utf-8")
    named = re.findall(rf"`((?:{PARTS})/[\w/.]*)`", text)
    missing = [
        name for name in named if not ((root / name).exists() or (root / "tracer" / name).exists())
    ]
    assert missing == []
