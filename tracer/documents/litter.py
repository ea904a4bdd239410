"""What editors, systems, merges and sync programs leave beside the files that people mean.

Whatever these names stand for, nothing reads it and nothing publishes it, in any folder. Sources,
since no package that we know of has them: gitignore.io's lists for the editors and systems named,
git-mergetool(1), patch(1), and the manuals of Dropbox, Nextcloud and Syncthing.
"""

from __future__ import annotations

import re

_NAMES = frozenset(
    {
        *("thumbs.db", "thumbs.db:encryptable", "ehthumbs.db", "ehthumbs_vista.db"),  # Windows
        *("desktop.ini", "$recycle.bin", "system volume information"),
        *("icon\r", "__macosx", "network trash folder", "temporary items"),  # macOS
        *("lost+found", "@eadir", "#recycle"),  # Linux, Synology
        *("4913", "__pycache__"),  # Vim tries with this name whether a folder can be written
    }
)
_ENDINGS = frozenset(
    {
        *(".bak", ".orig", ".rej", ".save"),  # backups; patch and merge; nano
        *(".tmp", ".temp", ".part", ".partial", ".crdownload", ".download"),
    }
)
_SHAPES = re.compile(
    r"""
      \..*                                # hidden: .DS_Store, ._x, .x.swp, .#x, .~lock.x#, .nfs00…
    | .*~                                 # x~, x.~1~, x.un~
    | \#.*\#                              # Emacs, saved by itself
    | ~[$].*                              # Office, open
    | .*\.sw[a-eg-px]                    # Vim, where its files are not hidden; .swf is Flash
    | .*___jb_(?:tmp|old)___              # JetBrains
    | .*_(?:BACKUP|BASE|LOCAL|REMOTE)_\d+(?:\.[^.]*)?    # git mergetool
    | .*\(.*conflicted\ copy.*\).*        # Dropbox, Nextcloud
    | .*\.sync-conflict-\d{8}-.*          # Syncthing
    | ~syncthing~.*
    """,
    re.VERBOSE | re.DOTALL,
)


def is_of_system(name: str) -> bool:
    """Whether a desktop put it there by itself, so that nobody would miss it."""
    return name.lower() in _NAMES or name == ".DS_Store" or name.startswith("._")


def is_litter(name: str) -> bool:
    """Whether a file or folder of this name is something left behind, and not meant.

    >>> is_litter("contribute.md~"), is_litter("contribute.md")
    (True, False)
    """
    small = name.lower()
    ending = small[small.rfind(".") :]
    return small in _NAMES or ending in _ENDINGS or _SHAPES.fullmatch(name) is not None
