"""What a log shows at one glance: subjects of 72 characters at most, since this is checked."""

from __future__ import annotations

import subprocess
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
SINCE = "1d78534"
MOST = 72


def test_subjects_are_short() -> None:
    command = ["git", "log", "--no-merges", "--format=%s", f"{SINCE}..HEAD"]
    found = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if found.returncode:  # an archive, or a clone without that much of the past
        return
    assert [one for one in found.stdout.splitlines() if len(one) > MOST] == []
