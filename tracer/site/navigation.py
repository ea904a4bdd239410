"""The links in the head of every page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tracer.documents.site_config import SiteConfig
from tracer.site.markdown_file import MarkdownFile


@dataclass(frozen=True)
class NavItem:
    """A link of the site's head: the address below the root or elsewhere, and its name."""

    path: str
    name: str
    url: str | None = None


def navigation(config: SiteConfig, pages: Mapping[str, MarkdownFile]) -> tuple[NavItem, ...]:
    """What the settings list; else all pages, in their order."""
    if config.navigation is not None:
        return tuple(
            NavItem("", one.title, one.to) if "://" in one.to else NavItem(one.to, one.title)
            for one in config.navigation
        )
    ordered = sorted(pages.items(), key=lambda item: (item[1].meta.order or 0, item[0]))
    return tuple(NavItem(f"{name}/", page.title) for name, page in ordered)
