"""Which browser the tests drive."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

# The shell has the same engine without windows around it: a page costs it a third.
SHELL = "chromium-headless-shell"
INSTALLED = (SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_CHROME = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
_QUIET = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]


def installed_browser() -> str | None:
    """The path of an installed Chromium or Chrome; None leaves it to Playwright's own."""
    found = next(filter(None, map(shutil.which, INSTALLED)), None)
    return found or (str(MAC_CHROME) if MAC_CHROME.exists() else None)


def launch_arguments() -> list[str]:
    """Chromium refuses to start in its sandbox as root, as containers often are."""
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return [*_QUIET, *(["--no-sandbox"] if as_root else [])]
