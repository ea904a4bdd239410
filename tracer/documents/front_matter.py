"""What stands between the `---` lines at the top of a Markdown file."""

from __future__ import annotations

import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from tracer.documents.records import Strict

ShortText = Annotated[str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True)]
Tag = Annotated[str, StringConstraints(min_length=1, max_length=60, strip_whitespace=True)]


class FrontMatter(Strict):
    """Facts about a write-up or a page; every one may be left out."""

    title: ShortText | None = None
    summary: str = Field("", max_length=600, description="one or two sentences for the card")
    date: datetime.date | None = None
    authors: tuple[ShortText, ...] = ()
    tags: tuple[Tag, ...] = ()
    draft: bool = Field(False, description="left out unless drafts are asked for")
    featured: bool = Field(False, description="first in the gallery")
    order: int | None = Field(None, description="lower comes first")
    foot: bool = Field(False, description="of a page: linked at the foot of all, not in the head")

    @property
    def dated_ahead(self) -> bool:
        """Whether its day has not come anywhere on earth."""
        return self.date is not None and self.date > newest_day()


def newest_day() -> datetime.date:
    """The latest date that any calendar on earth shows now (UTC+14)."""
    return (datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=14)).date()
