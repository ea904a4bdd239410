"""Names that people write: slugs and node references."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
MAX_SLUG = 80
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])\Z")
_FEATURE = re.compile(r"(?P<layer>[0-9]+)_(?P<index>[0-9]+)\Z")


def check_slug(slug: str) -> str:
    """The slug itself. Raises ValueError when it could not be a folder and a URL everywhere."""
    if not SLUG.match(slug) or len(slug) > MAX_SLUG or _RESERVED.match(slug):
        raise ValueError(
            f"a slug is lower-case words joined by hyphens, at most {MAX_SLUG} characters, "
            "such as `moscow-russian`"
        )
    return slug


def slug_from(text: str) -> str | None:
    """The nearest slug to any text; None where it has no letter or digit to make one of.

    >>> slug_from("Fact: the capital of…"), slug_from("CON"), slug_from("東京")
    ('fact-the-capital-of', 'graph-con', None)
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    slug = "-".join(re.findall(r"[a-z0-9]+", plain))[:MAX_SLUG].strip("-")
    return f"graph-{slug}" if _RESERVED.match(slug) else slug or None


Slug = Annotated[str, AfterValidator(check_slug)]


@dataclass(frozen=True)
class Reference:
    """A node id (`22_580_14`), a feature at every position (`22_580`) or `group:<key>`."""

    text: str

    @property
    def group(self) -> str | None:
        return self.text.removeprefix("group:") if self.text.startswith("group:") else None

    def resolve(self, node_ids: Collection[str], groups: Mapping[str, Sequence[str]]) -> list[str]:
        """The node ids meant, in the graph's order; empty when nothing matches."""
        if self.group is not None:
            members = groups.get(self.group, ())
            found = {one for member in members for one in Reference(member).resolve(node_ids, {})}
            return [one for one in node_ids if one in found]
        if _FEATURE.match(self.text):
            start = self.text + "_"
            return [one for one in node_ids if one == self.text or one.startswith(start)]
        return [self.text] if self.text in node_ids else []
