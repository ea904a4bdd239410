"""Sets of transcoders on the Hugging Face hub: judged by their list of files, then fetched as far
as needed, into huggingface_hub's own cache.

A repository can hold every width of a set and thousands of examples beside it. What is there
already is not fetched again, what is half there is completed, and where the hub cannot be reached
the cache answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from glob import escape
from pathlib import Path, PurePosixPath
from urllib.parse import parse_qs, urlsplit

from tracer.errors import TracerError
from tracer.features.weights.config import NAME as CONFIG
from tracer.features.weights.config import SetConfig, load_config
from tracer.features.weights.listing import SETTINGS, find_layers
from tracer.features.weights.recognise import SetFiles, check_settings


@dataclass(frozen=True)
class Repository:
    """One repository at one revision; `names` are its files."""

    repo: str
    revision: str | None
    names: Sequence[str]

    def fetch(self, wanted: Sequence[str]) -> Path:
        """The folder that then holds the files wanted."""
        from huggingface_hub import snapshot_download

        try:
            folder = snapshot_download(
                self.repo, revision=self.revision, allow_patterns=[escape(one) for one in wanted]
            )
        except Exception as error:  # the names of network errors are its HTTP library's
            raise _unreachable(self.repo, error) from None
        for name in wanted:
            if not (Path(folder) / name).exists():
                raise TracerError(
                    f"the features `{self.repo}` are not all there: {name} is missing",
                    hint="check the name, and the network",
                )
        return Path(folder)

    def fetch_layers(self, layers: Sequence[Sequence[str]]) -> list[list[Path]]:
        """The weight files of each layer, and what stands beside them, which is judged first."""
        weights = [name for layer in layers for name in layer]
        beside = {str(PurePosixPath(one).parent / name) for one in weights for name in SETTINGS}
        small = sorted(beside & set(self.names))
        if small:
            folder = self.fetch(small)
            check_settings([[folder / name for name in layer] for layer in layers])
        folder = self.fetch([*weights, *small])
        return [[folder / name for name in layer] for layer in layers]


def fetch_set(repo: str, subfolder: str | None, revision: str | None) -> SetFiles:
    """The set in a repository, in a folder of it, or the one of that name among several.

    Raises TracerError when there is no such set, it is not understood, or it cannot be had.
    """
    there = _repository(repo, revision)
    config_name = f"{subfolder}/{CONFIG}" if subfolder else CONFIG
    config = SetConfig()
    if config_name in there.names:
        config = load_config(there.fetch([config_name]) / config_name)
    if config.transcoders is not None:
        return listed_set(config)
    try:
        layers = find_layers(there.names, subfolder or "")
    except TracerError as error:
        raise TracerError(f"`{repo}`: {error.message}", hint=error.hint) from None
    return SetFiles(config, there.fetch_layers(layers))


def listed_set(config: SetConfig) -> SetFiles:
    """The files that a `config.yaml` lists, one a layer: `hf://org/repo/path?revision=…`, or
    paths beside it."""
    assert config.source is not None
    home = config.source.file.parent
    references = [_reference(config, number) for number in range(len(config.references or ()))]
    remote = [one for one in references if isinstance(one, _Remote)]
    fetched: dict[_Remote, list[Path]] = {}
    for repo, revision in dict.fromkeys((one.repo, one.revision) for one in remote):
        mine = [one for one in remote if (one.repo, one.revision) == (repo, revision)]
        files = _repository(repo, revision).fetch_layers([[one.file] for one in mine])
        fetched.update(zip(mine, files, strict=True))
    layers = [fetched[one] if isinstance(one, _Remote) else [home / one] for one in references]
    return SetFiles(config, layers, home)


@dataclass(frozen=True)
class _Remote:
    repo: str
    revision: str | None
    file: str


def _reference(config: SetConfig, number: int) -> _Remote | Path:
    text = (config.references or ())[number]
    assert config.source is not None
    place = config.source.place(("transcoders", number))
    parts = urlsplit(text)
    if parts.scheme == "hf":
        repo, _, file = parts.path.lstrip("/").partition("/")
        revision = parse_qs(parts.query).get("revision", [None])[0]
        if parts.netloc and repo and file:
            return _Remote(f"{parts.netloc}/{repo}", revision, file)
    elif (config.source.file.parent / text).is_file():
        return Path(text)
    raise TracerError(
        f"`{text}` is no file",
        hint="write `hf://org/repo/path?revision=…`, or a path beside this file",
        place=place,
    )


def _repository(repo: str, revision: str | None) -> Repository:
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    try:
        info = HfApi().model_info(repo, revision=revision)
    except HfHubHTTPError as error:
        raise _unreachable(repo, error) from None
    except Exception as error:  # there is no network; its name is the HTTP library's
        return _cached(repo, revision, error)
    names = [one.rfilename for one in info.siblings or ()]
    return Repository(repo, revision, names)


def _cached(repo: str, revision: str | None, why: Exception) -> Repository:
    """What the cache holds of a repository."""
    from huggingface_hub import constants, scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    try:
        repos = scan_cache_dir(constants.HF_HUB_CACHE).repos
    except CacheNotFound:
        raise _unreachable(repo, why) from None
    for found in (one for cached in repos if cached.repo_id == repo for one in cached.revisions):
        if (revision or "main") in (found.commit_hash, *found.refs):
            folder = found.snapshot_path
            names = [one.file_path.relative_to(folder).as_posix() for one in found.files]
            return Repository(repo, revision, names)
    raise _unreachable(repo, why)


def _unreachable(repo: str, error: Exception) -> TracerError:
    lines = str(error).strip().splitlines()
    return TracerError(
        f"the features `{repo}` could not be fetched from the hub: "
        f"{lines[0] if lines else type(error).__name__}",
        hint="check the name, the network, and `HF_TOKEN` for gated weights",
    )
