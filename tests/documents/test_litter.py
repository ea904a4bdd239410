"""What editors, systems and sync programs leave behind is never taken for what people mean."""

from __future__ import annotations

import pytest

from tracer.documents.litter import is_litter

LEFT_BEHIND = [
    "contribute.md~",
    "contribute.md.~1~",
    "#contribute.md#",
    ".#contribute.md",
    ".contribute.md.swp",
    "contribute.md.swo",
    "contribute.md.orig",
    "contribute.md.rej",
    "contribute.md.bak",
    "contribute.md.BAK",
    "contribute.md.tmp",
    "contribute.md.save",
    "contribute.md.crdownload",
    "contribute.md___jb_tmp___",
    "contribute_BACKUP_4711.md",
    "contribute_REMOTE_4711.md",
    "contribute (Ann's conflicted copy 2026-01-02).md",
    "contribute (conflicted copy 2026-01-02 101112).md",
    "contribute.sync-conflict-20260102-101112-ABCDEFG.md",
    "~syncthing~contribute.md.tmp",
    "~$contribute.docx",
    ".~lock.contribute.odt#",
    ".DS_Store",
    "._contribute.md",
    ".nfs0000000000001",
    "Thumbs.db",
    "ehthumbs.db",
    "desktop.ini",
    "Desktop.ini",
    "Icon\r",
    "__MACOSX",
    "@eaDir",
    "4913",
    "__pycache__",
]
MEANT = [
    "contribute.md",
    "1.json",
    "1.evidence.json",
    "site.yaml",
    "a.svg",
    "a (1).png",
    "icon.svg",
    "C#.md",
    "original.md",
    "backup-1.md",
    "local_42.md",
    "1_3.json",
    "~.md",
    "4913.png",
    "swap.md",
    "on-conflicted-copies.md",
    "Über uns.md",
    "東京.png",
]


@pytest.mark.parametrize("name", LEFT_BEHIND)
def test_what_is_left_behind_is_known_by_its_name(name: str) -> None:
    assert is_litter(name)


@pytest.mark.parametrize("name", MEANT)
def test_what_somebody_chose_is_meant(name: str) -> None:
    assert not is_litter(name)
