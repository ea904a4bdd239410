"""JSON Schemas of what people write, which editors complete and check from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel

from tracer.documents.annotations import Annotations
from tracer.documents.enclosure import is_there
from tracer.documents.evidence import Evidence
from tracer.documents.feature_labels import FeatureLabels
from tracer.documents.files import read_text, write_atomically
from tracer.documents.front_matter import FrontMatter
from tracer.documents.graph import Graph
from tracer.documents.prompts import PromptFile
from tracer.documents.set_account import SetAccount
from tracer.documents.set_claims import SetAnnotations
from tracer.documents.set_evidence import SetEvidence
from tracer.documents.site_config import SiteConfig

DOCUMENTS: Mapping[str, type[BaseModel]] = {
    "annotations": Annotations,
    "evidence": Evidence,
    "front-matter": FrontMatter,
    "graph": Graph,
    "labels": FeatureLabels,
    "prompts": PromptFile,
    "set": SetAccount,
    "set-evidence": SetEvidence,
    "sets": SetAnnotations,
    "site": SiteConfig,
}
WRITTEN_BY_PEOPLE = ("annotations", "labels", "prompts", "sets", "site")
FOLDER = "site_src/schemas"


def schema_text(document: str) -> str:
    """The JSON Schema of one of DOCUMENTS."""
    schema = DOCUMENTS[document].model_json_schema(by_alias=True)
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def schema_header(document: str) -> str:
    """The first line of such a YAML file, by which editors find its schema."""
    up = "../" if document in ("annotations", "labels", "sets") else ""
    return f"# yaml-language-server: $schema={up}schemas/{document}.json\n"


def write_schemas(root: Path) -> list[Path]:
    """Write what editors need into the gallery at `root`; gives the files that were not so yet."""
    written = []
    for document in WRITTEN_BY_PEOPLE:
        file, text = root / FOLDER / f"{document}.json", schema_text(document)
        if not is_there(file) or read_text(file) != text:
            write_atomically(file, text)
            written.append(file)
    return written
