"""Where a forge lets people edit a file in the browser and send it as a pull request."""

from __future__ import annotations

from typing import TypedDict
from urllib.parse import quote, urlsplit

from tracer.documents.site_config import SiteConfig


class Forge(TypedDict):
    """Addresses for one file: `edit` where it is there, `new` where it is to be made.

    `new` takes the file's name as the parameter `name_as`, and its text as `value` where `fills`.
    """

    name: str
    edit: str
    new: str
    name_as: str
    fills: bool


def forge_for(config: SiteConfig, file: str) -> Forge | None:
    """The forge that the repository's address tells of, else the repository; None without one."""
    if config.repository is None:
        return None
    base, branch = config.repository.rstrip("/").removesuffix(".git"), quote(config.branch)
    host = (urlsplit(base).hostname or "").removeprefix("www.")
    path, folder = quote(file), quote(file.rpartition("/")[0])

    def forge(name: str, edit: str, new: str, name_as: str, *, fills: bool = False) -> Forge:
        edit, new = f"{base}/{edit}/{branch}/{path}", f"{base}/{new}/{branch}/{folder}"
        return Forge(name=name, edit=edit, new=new, name_as=name_as, fills=fills)

    if host == "github.com":
        return forge("GitHub", "edit", "new", "filename", fills=True)
    if "gitlab" in host:
        return forge("GitLab", "-/edit", "-/new", "file_name")
    if host == "codeberg.org" or "forgejo" in host or "gitea" in host:
        name = "Codeberg" if host == "codeberg.org" else "the forge"
        return forge(name, "_edit", "_new", "filename")
    return Forge(name="the repository", edit=base, new=base, name_as="", fills=False)


def annotation_file(slug: str) -> str:
    """Where a graph's annotations are, or would be, below the repository's root."""
    return f"site_src/annotations/{slug}.yaml"
