"""What an index shows of a release: a README whose links lead somewhere, and addresses.

Only whoever releases knows the repository's address; a workflow says it in these two variables.
Without them README stays as it is, and no address is named.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

# `[text](path)` and `![text](path)`, the path no address, no place in README and no example.
_LINK = re.compile(r"(!?)(\[[^\]]*\])\((?![a-z]+:|#|\.\./)([^)\s]+)\)")


class ReleaseMetadata(MetadataHookInterface):
    def update(self, metadata: dict[str, Any]) -> None:
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        repository = address(os.environ)
        metadata["readme"] = {"content-type": "text/markdown", "text": absolute(text, repository)}
        metadata["urls"] = urls(repository)


def address(environment: Any) -> str:
    """The repository's, or nothing."""
    server, name = (environment.get(f"GITHUB_{part}") for part in ("SERVER_URL", "REPOSITORY"))
    return f"{server}/{name}" if server and name else ""


def urls(repository: str) -> dict[str, str]:
    if not repository:
        return {}
    return {
        "Repository": repository,
        "Documentation": f"{repository}/tree/HEAD/docs",
        "Changelog": f"{repository}/blob/HEAD/CHANGELOG.md",
        "Issues": f"{repository}/issues",
    }


def absolute(text: str, repository: str) -> str:
    """Links to files lead to the repository; pictures to their bytes there."""
    if not repository:
        return text

    def lead(link: re.Match[str]) -> str:
        view = "raw" if link[1] else "blob"
        return f"{link[1]}{link[2]}({repository}/{view}/HEAD/{link[3]})"

    return _LINK.sub(lead, text)
