"""What a host is told: `_headers`, as Netlify and Cloudflare Pages read it, and `robots.txt`."""

from __future__ import annotations

from collections.abc import Iterable

from tracer.documents.site_config import SiteConfig
from tracer.site.pages.policy import FILES_POLICY, POLICY

# Cloudflare Pages reads 100 rules; a few are taken by the rest of the file.
MOST_RULES = 90
_YEAR = 31_536_000


def headers(folders: Iterable[str]) -> str:
    """The policy for all; who may embed a page; assets, which never change, kept for a year.

    `folders` are those at the top level. Where two rules fit an address, both hosts send both
    values and browsers obey both policies; so only pages that may not be embedded say so, and
    those of graphs do not.
    """
    rules = [
        ("/*", f"Content-Security-Policy: {POLICY}"),
        ("/*", "X-Content-Type-Options: nosniff"),
        ("/*", "Referrer-Policy: strict-origin-when-cross-origin"),
        ("/assets/*", f"Cache-Control: public, max-age={_YEAR}, immutable"),
        ("/files/*", f"Content-Security-Policy: {FILES_POLICY}"),
    ]
    closed = [f"/{one}/*" for one in sorted(set(folders) - {"graphs", "assets", "files"})][
        :MOST_RULES
    ]
    rules += [
        (path, "Content-Security-Policy: frame-ancestors 'self'")
        for path in ("/", "/index.html", "/404.html", *closed)
    ]
    lines: list[str] = []
    for path, header in rules:
        if path not in lines:
            lines.append(path)
        lines.append(f"  {header}")
    return "\n".join(lines) + "\n"


def robots(config: SiteConfig) -> str:
    """Everybody may read everything; where the list of it is."""
    lines = ["User-agent: *", "Allow: /"]
    if config.base_url:
        lines.append(f"Sitemap: {config.base_url.rstrip('/')}/sitemap.xml")
    return "\n".join(lines) + "\n"
