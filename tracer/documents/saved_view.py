"""What a viewer saves beside a graph, and puts into its share links: pins, supernodes, names.

Lists stay lists in a graph file; in a link, and in what circuit-tracer's Save writes, they are
text: ids joined by commas, or JSON in quotes. Nulls and other things in their place mean nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import AliasChoices, Field, model_validator

from tracer.documents.json_text import decode_or_none
from tracer.documents.records import Open


class QueryParameters(Open):
    """A saved view. `clerps` are (node or feature, name) as people gave them; `sg_pos` is where
    a viewer put the supernodes, in words of its own."""

    pinned_ids: tuple[str, ...] = Field((), validation_alias=AliasChoices("pinnedIds"))
    supernodes: tuple[tuple[str, ...], ...] = ()
    clerps: tuple[tuple[str, str], ...] = ()
    link_type: str = Field("both", validation_alias=AliasChoices("linkType"))
    clicked_id: str = Field("", validation_alias=AliasChoices("clickedId"))
    sg_pos: str = ""

    @model_validator(mode="before")
    @classmethod
    def _normalise(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return {}
        read = {k: _READERS[k](v) if k in _READERS else v for k, v in data.items()}
        return {k: v for k, v in read.items() if v is not None}

    def fields(self) -> dict[str, Any]:
        """As the file says it; what is not known here stays as it came."""
        known = {
            "pinnedIds": self.pinned_ids,
            "supernodes": self.supernodes,
            "linkType": self.link_type,
            "clickedId": self.clicked_id,
            "sg_pos": self.sg_pos,
        }
        return known | ({"clerps": self.clerps} if self.clerps else {}) | (self.model_extra or {})

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
    """A label, which may be empty, and its nodes each; one without nodes says nothing."""
    rows = ((row[0], _ids(row[1:])) for row in _rows(value) if row)
    return [[label if isinstance(label, str) else "", *ids] for label, ids in rows if ids]


def _names(value: Any) -> list[tuple[str, str]]:
    rows = (row for row in _rows(value) if len(row) == 2)
    return [(str(key), text) for key, text in rows if isinstance(text, str) and text.strip()]


def _text(value: Any) -> str | None:
    """None, for the default, where a viewer left nothing or wrote something else."""
    return value if isinstance(value, str) and value != "null" else None


def _rows(value: Any) -> list[list[Any] | tuple[Any, ...]]:
    if isinstance(value, str):
        value = decode_or_none(value)
    if isinstance(value, dict):
        value = [list(item) for item in value.items()]
    if not isinstance(value, list | tuple):
        return []
    return [row for row in value if isinstance(row, list | tuple)]


_READERS: dict[str, Callable[[Any], Any]] = {
    "pinnedIds": _ids,
    "supernodes": _groups,
    "clerps": _names,
    "linkType": _text,
    "clickedId": _text,
    "sg_pos": _text,
}
