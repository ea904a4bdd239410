"""What a viewer saves beside a graph, and puts into its share links: pins, supernodes, names.

Lists stay lists in a graph file; in a link, and in what circuit-tracer's Save writes, they are
text: ids joined by commas, or JSON in quotes. Nulls and other things in their place mean nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import AliasChoices, Field, model_validator

from tracer.documents.json_text import decode_or_none
from tracer.documents.records import Open


class QueryParameters(Open):
    """A saved view. `clerps` are (node or feature, name) as people gave them."""

    pinned_ids: tuple[str, ...] = Field((), validation_alias=AliasChoices("pinnedIds"))
    supernodes: tuple[tuple[str, ...], ...] = ()
    clerps: tuple[tuple[str, str], ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _normalise(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return {}
        readers = {"pinnedIds": _ids, "supernodes": _groups, "clerps": _names}
        return {k: readers[k](v) if k in readers else v for k, v in data.items()}

    @staticmethod
    def of_link(parameters: Mapping[str, str]) -> QueryParameters:
        """The work that a share link carries."""
        return QueryParameters.model_validate(dict(parameters))


def _ids(value: Any) -> list[str]:
    found = value.split(",") if isinstance(value, str) else value
    if not isinstance(found, list | tuple):
        return []
    return [one for one in found if isinstance(one, str) and one and one != "null"]


def _groups(value: Any) -> list[list[str]]:
    """A label and its nodes each; one without nodes says nothing."""
    return [ids for row in _rows(value) if len(ids := _ids(row)) > 1]


def _names(value: Any) -> list[tuple[str, str]]:
    rows = (row for row in _rows(value) if len(row) == 2)
    return [(str(key), text) for key, text in rows if isinstance(text, str) and text.strip()]


def _rows(value: Any) -> list[list[Any] | tuple[Any, ...]]:
    if isinstance(value, str):
        value = decode_or_none(value)
    if isinstance(value, dict):
        value = [list(item) for item in value.items()]
    if not isinstance(value, list | tuple):
        return []
    return [row for row in value if isinstance(row, list | tuple)]
