"""An Atom feed and a sitemap: what is new, and all there is. Dates are those that authors wrote;
what is dated ahead waits for its day.

RFC 4287 and sitemaps.org, version 0.9. Written with the standard library: feedgen would bring lxml,
12 MB, and know no sitemaps.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence
from xml.etree import ElementTree as Xml

from tracer.documents.site_config import SiteConfig
from tracer.site.graph.summary import Summary
from tracer.site.wording.tokens import one_line

NEWEST = 50
_ATOM = "http://www.w3.org/2005/Atom"
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_NOT_XML = "[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"


def atom(config: SiteConfig, summaries: Iterable[Summary]) -> bytes:
    """The newest dated pages, newest first, but those of days to come. Needs the site's public
    address."""
    root = public_address(config)
    dated = sorted(
        ((one.meta.date, one) for one in summaries if one.meta.date and not one.meta.dated_ahead),
        key=lambda item: (-item[0].toordinal(), item[1].folder),
    )[:NEWEST]
    feed = Xml.Element("feed", {"xmlns": _ATOM, "xml:lang": config.language})
    _add(feed, "title", config.title)
    if config.description:
        _add(feed, "subtitle", config.description)
    _add(feed, "id", root)
    _add(feed, "updated", _moment(dated[0][0] if dated else datetime.date(1970, 1, 1)))
    _add(feed, "link", rel="self", type="application/atom+xml", href=f"{root}feed.xml")
    _add(feed, "link", rel="alternate", type="text/html", href=root)
    _add(_add(feed, "author"), "name", config.title)
    for date, one in dated:
        _entry(_add(feed, "entry"), f"{root}{one.folder}", date, one)
    return _document(feed)


def sitemap(config: SiteConfig, summaries: Sequence[Summary]) -> bytes:
    """Every page in its newest form. Needs the site's public address."""
    root = public_address(config)
    listed = Xml.Element("urlset", {"xmlns": _SITEMAP})
    _add(_add(listed, "url"), "loc", root)
    for one in sorted(summaries, key=lambda one: one.folder):
        page = _add(listed, "url")
        _add(page, "loc", f"{root}{one.folder}")
        if one.meta.date and not one.meta.dated_ahead:
            _add(page, "lastmod", one.meta.date.isoformat())
    return _document(listed)


def days_to_come(summaries: Iterable[Summary]) -> list[str]:
    """The dates that feed and sitemap leave out until they come."""
    dates = (one.meta.date for one in summaries if one.meta.date and one.meta.dated_ahead)
    return sorted(date.isoformat() for date in dates)


def public_address(config: SiteConfig) -> str:
    """Where the site is, with a slash at its end; empty where nobody has said."""
    return f"{config.base_url.rstrip('/')}/" if config.base_url else ""


def _entry(entry: Xml.Element, address: str, date: datetime.date, one: Summary) -> None:
    _add(entry, "title", one_line(one.title))
    _add(entry, "id", address)
    _add(entry, "link", rel="alternate", type="text/html", href=address)
    _add(entry, "updated", _moment(date))
    for name in one.meta.authors or one.made_by:  # or the feed's own, who did not make it
        _add(_add(entry, "author"), "name", str(name))
    for tag in one.tags:
        _add(entry, "category", term=tag)
    if text := one.meta.summary or one.prompt:
        _add(entry, "summary", one_line(text))


def _add(parent: Xml.Element, name: str, text: str = "", **attributes: str) -> Xml.Element:
    clean = {key: re.sub(_NOT_XML, "\ufffd", value) for key, value in attributes.items()}
    child = Xml.SubElement(parent, name, clean)
    if text:
        child.text = re.sub(_NOT_XML, "\ufffd", text)
    return child


def _moment(date: datetime.date) -> str:
    return f"{date.isoformat()}T00:00:00Z"


def _document(root: Xml.Element) -> bytes:
    Xml.indent(root, space=" ")
    text: str = Xml.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'.encode()
