from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from tracer.documents.schemas import (
    DOCUMENTS,
    FOLDER,
    WRITTEN_BY_PEOPLE,
    schema_header,
    schema_text,
    write_schemas,
)

REPOSITORY = Path(__file__).parents[2]
OUR_FILES = [
    *(REPOSITORY / "site_src").glob("*.yaml"),
    *(REPOSITORY / "site_src").glob("*/*.yaml"),
    *(REPOSITORY / "starter" / "site_src").glob("*.yaml"),
]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_schema_is_one(document: str) -> None:
    jsonschema.Draft202012Validator.check_schema(yaml.safe_load(schema_text(document)))


@pytest.mark.parametrize("document", WRITTEN_BY_PEOPLE)
def test_the_schemas_beside_our_own_content_are_of_this_version(document: str) -> None:
    file = REPOSITORY / FOLDER / f"{document}.json"
    assert file.read_text() == schema_text(document), "run `tracer schema --write`"


@pytest.mark.parametrize("file", OUR_FILES, ids=lambda file: file.name)
def test_our_own_yaml_names_its_schema_and_fits_it(file: Path) -> None:
    text = file.read_text()
    document = {"site.yaml": "site", "prompts.yaml": "prompts"}.get(file.name, file.parent.name)
    assert text.startswith(schema_header(document))
    schema = yaml.safe_load(schema_text(document))
    # A date is a string where YAML 1.2 is read, as editors read it.
    data = json.loads(json.dumps(yaml.safe_load(text.replace("{title}", "title")), default=str))
    jsonschema.validate(data, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**data, "unknown": 1}, schema)


def test_what_is_written_is_written_once(tmp_path: Path) -> None:
    assert len(write_schemas(tmp_path)) == len(WRITTEN_BY_PEOPLE)
    assert write_schemas(tmp_path) == []
    (tmp_path / FOLDER / "site.json").write_text("{}")
    assert [file.name for file in write_schemas(tmp_path)] == ["site.json"]
