"""Find a browser for the tests, or install one: an installed Chromium or Chrome, else Playwright's
own download, else Debian's package."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.browser.executable import SHELL, installed_browser


def main() -> int:
    if found := installed_browser():
        print(f"browser: {found}")
        return 0
    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
    if own.exists():
        print(f"browser: {own}")
        return 0
    print("browser: downloading Playwright's Chromium")
    download = [sys.executable, "-m", "playwright", "install", "--with-deps", "chromium"]
    if subprocess.run(download, check=False).returncode == 0:
        return 0
    if shutil.which("apt-get"):
        print("browser: that failed; installing Debian's package")
        sudo = [] if os.geteuid() == 0 else ["sudo"]
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        install = [*sudo, "apt-get", "install", "-y", "-qq", "--no-install-recommends"]
        subprocess.run([*sudo, "apt-get", "update", "-qq"], check=False, env=environment)
        for package in (SHELL, "chromium"):
            if subprocess.run([*install, package], check=False, env=environment).returncode == 0:
                return 0
    print(
        "no browser could be installed; install Chromium or Chrome and try again", file=sys.stderr
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
