"""What lists say of a page: its card in the gallery, its entry in the feed. Small, and kept."""

from __future__ import annotations

from typing import Literal

from markupsafe import Markup

from tracer.documents.front_matter import FrontMatter
from tracer.documents.records import Plain
from tracer.site.wording.likely import Likely

# What became of a claim.
Badge = Literal["holds", "fails", "untested"]

_VERBS: dict[Badge, tuple[str, str]] = {
    "holds": ("holds", "hold"),
    "fails": ("fails", "fail"),
    "untested": ("untested", "untested"),
}


class Version(Plain):
    """One revision of a graph: its name in a query, its page and the viewer's data file."""

    name: str
    revision: int
    folder: str
    data: str


class Summary(Plain):
    """One page in a few lines; `folder` is below the site's root, with a slash at its end."""

    folder: str
    title: str
    meta: FrontMatter
    tags: tuple[str, ...] = ()
    prompt: str = ""
    answer: Likely | None = None
    model: str | None = None
    made_by: tuple[str, ...] = ()  # of a graph of somebody else
    drawing: str = ""
    versions: tuple[Version, ...] = ()
    badges: tuple[Badge, ...] = ()  # of its claims
    rows: str = ""  # of a set: how many count

    @property
    def tested(self) -> list[tuple[Badge, str]]:
        """What became of its claims: each badge that there is, and how many, in words."""
        counts = ((badge, self.badges.count(badge)) for badge in _VERBS)
        return [(badge, _claims(number, badge)) for badge, number in counts if number]

    @property
    def is_graph(self) -> bool:
        return self.model is not None

    @property
    def is_set(self) -> bool:
        return bool(self.rows)

    @property
    def thumbnail(self) -> Markup:
        return Markup(self.drawing)


def _claims(number: int, badge: Badge) -> str:
    one, many = _VERBS[badge]
    return f"1 claim {one}" if number == 1 else f"{number} claims {many}"
