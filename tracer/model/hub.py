"""Repositories of the Hugging Face hub, in huggingface_hub's own cache.

What is there already is not fetched again, what is half there is completed, and where the hub
cannot be reached the cache answers, or says what it lacks.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from glob import escape
from hashlib import sha256
from pathlib import Path

from tracer.documents.files import read_bytes, write_atomically
from tracer.documents.json_text import decode_or_none
from tracer.errors import TracerError
from tracer.model.cache import cache_folder

_PATIENCE = 10.0  # seconds for an answer
_SHOWN = 4


@dataclass(frozen=True)
class Repository:
    """One repository at one revision; `names` are its files, `what` it holds is for messages."""

    what: str
    repo: str
    revision: str | None
    names: Sequence[str]
    reached: bool = True  # whether the hub gave the names, or the cache
    complete: bool = True  # whether these are all its files, or those that the cache holds

    def fetch(self, wanted: Sequence[str]) -> Path:
        """The folder that then holds the files wanted. Raises TracerError when it cannot."""
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import LocalEntryNotFoundError

        folder = snapshot_folder(self.repo, self.revision)
        reached = self.reached
        if reached or folder is None:
            patterns = [escape(one) for one in wanted]
            try:
                got = snapshot_download(self.repo, revision=self.revision, allow_patterns=patterns)
                folder = Path(got)
            except LocalEntryNotFoundError as error:
                if folder is None:
                    raise unreachable(self.what, self.repo, error) from None
                reached = False
            except Exception as error:  # the names of network errors are its HTTP library's
                raise unreachable(self.what, self.repo, error) from None
        if missing := [name for name in wanted if not (folder / name).is_file()]:
            raise self.incomplete(missing, reached=reached)
        return folder

    def incomplete(self, missing: Sequence[str], *, reached: bool) -> TracerError:
        """What to say of files that are not there."""
        more = f" and {len(missing) - _SHOWN:,} more" if len(missing) > _SHOWN else ""
        files = ", ".join(missing[:_SHOWN]) + more
        lost = f"{files} {'is' if len(missing) == 1 else 'are'} missing"
        if reached:
            return TracerError(
                f"{self.what} `{self.repo}`: not all there: {lost}",
                hint="check the name, and the network",
            )
        return TracerError(
            f"{self.what} `{self.repo}`: only a part is in the cache, and the hub cannot be "
            f"reached: {lost}",
            hint="run it again with a network, and without HF_HUB_OFFLINE: what is there already "
            "is not fetched twice",
        )


def list_repository(what: str, repo: str, revision: str | None) -> Repository:
    """A repository's files by the hub's word, or, where it cannot be reached, by the cache's.

    Raises TracerError when neither knows it.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    try:
        info = HfApi().model_info(repo, revision=revision, timeout=_PATIENCE)
    except HfHubHTTPError as error:
        if not _is_down(error):
            raise unreachable(what, repo, error) from None
        return _cached(what, repo, revision, error)
    except Exception as error:  # there is no network; its name is the HTTP library's
        return _cached(what, repo, revision, error)
    names = sorted(one.rfilename for one in info.siblings or ())
    if info.sha:
        _remember(repo, info.sha, names)
    return Repository(what, repo, revision, names)


def _is_down(error: Exception) -> bool:
    status = getattr(getattr(error, "response", None), "status_code", None)
    return status is None or status >= 500 or status == 429


def _cached(what: str, repo: str, revision: str | None, why: Exception) -> Repository:
    folder = snapshot_folder(repo, revision)
    if folder is None:
        raise unreachable(what, repo, why)
    names = _remembered(repo, folder.name)
    if names is not None:
        return Repository(what, repo, revision, names, reached=False)
    # The cache was filled by others, and all that is known is what it holds.
    files = sorted(one for one in folder.rglob("*") if one.is_file())
    names = [one.relative_to(folder).as_posix() for one in files]
    return Repository(what, repo, revision, names, reached=False, complete=False)


def snapshot_folder(repo: str, revision: str | None) -> Path | None:
    """Where the cache keeps a repository at a revision, whole or in part.

    Source: huggingface_hub's guide "Understand caching".
    """
    from huggingface_hub import constants

    kept = Path(constants.HF_HUB_CACHE).expanduser() / f"models--{repo.replace('/', '--')}"
    wanted = revision or constants.DEFAULT_REVISION
    if ".." in wanted.split("/"):
        return None
    with suppress(OSError):
        wanted = (kept / "refs" / wanted).read_text(encoding="utf-8").strip()
    folder = kept / "snapshots" / wanted
    return folder if wanted and folder.is_dir() else None


def _listing(repo: str, commit: str) -> Path:
    name = sha256(f"{repo}@{commit}".encode()).hexdigest()
    return cache_folder() / "listings" / f"{name}.json"


def _remember(repo: str, commit: str, names: list[str]) -> None:
    """What a whole repository holds, for when only a part of it is there and the hub is not."""
    if _remembered(repo, commit) != names:
        with suppress(TracerError):
            write_atomically(_listing(repo, commit), json.dumps(names))


def _remembered(repo: str, commit: str) -> list[str] | None:
    file = _listing(repo, commit)
    names = decode_or_none(read_bytes(file)) if file.is_file() else None
    return [str(one) for one in names] if isinstance(names, list) else None


def unreachable(what: str, repo: str, error: Exception) -> TracerError:
    """What to say of a repository that is not to be had."""
    lines = str(error).strip().splitlines()
    return TracerError(
        f"{what} `{repo}` could not be fetched from the hub: "
        f"{lines[0] if lines else type(error).__name__}",
        hint="check the name, the network, and `HF_TOKEN` for what is gated",
    )
