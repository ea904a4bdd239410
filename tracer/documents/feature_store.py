"""`features/` of a gallery, kept in version control: what is known of features in general.

The only way to these records. Which files hold them is known here and nowhere else: what is saved
lies packed in `<layer>.features`, a file for each layer; a file of one record, `<key>.json` as
other programs write it, is read too, and goes before what is packed.
"""

from __future__ import annotations

import contextlib
import os
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tracer.documents.enclosure import Names, names_in
from tracer.documents.feature_examples import FeatureExamples, is_key, load_feature_examples
from tracer.documents.feature_pack import (
    pack_features,
    packed_keys,
    packed_record,
    packed_records,
)
from tracer.documents.files import write_atomically
from tracer.documents.temporary_files import sweep_below

_ALONE, _PACKED = ".json", ".features"


@dataclass(frozen=True)
class FeatureStore:
    """The records below `root`, a folder for each source of features."""

    root: Path

    def sources(self) -> list[str]:
        """Sources that have a folder, sorted. Raises TracerError where `root` is no folder."""
        return list(names_in(self.root).folders)

    def files(self, source: str) -> list[Path]:
        """The files that hold a source's records, a later one before an earlier one where both hold
        the same; what is made of the records changes only where one of them does. Raises
        TracerError for a folder that cannot be read."""
        folder = self.root / source
        return record_files(folder, names_in(folder))

    def keys(self, source: str) -> set[str]:
        """Features that have a record, as in `22_580`. Raises TracerError for a broken file."""
        return {key for file in self.files(source) for key in keys_in(file)}

    def load(self, source: str, key: str) -> FeatureExamples | None:
        """One record; None where there is none. Raises TracerError for a broken one."""
        if not is_key(key):
            return None
        folder = self.root / source
        for file in (folder / f"{key}{_ALONE}", _packed_file(folder, key)):
            if os.path.lexists(file) and key in keys_in(file):
                return load_record(file, key)
        return None

    def save(self, source: str, records: Mapping[str, FeatureExamples]) -> list[Path]:
        """Write records in the place of earlier ones; each is there whole or not at all. Gives the
        files written. Raises TracerError where that cannot be done, ValueError for a key that is
        none."""
        if wrong := [key for key in records if not is_key(key)]:
            raise ValueError(f"no feature's key: {wrong[0]!r}")
        sweep_below(self.root)
        folder = self.root / source
        files: dict[Path, dict[str, FeatureExamples]] = defaultdict(dict)
        for key, record in records.items():
            files[_packed_file(folder, key)][key] = record
        for file, new in files.items():
            there = packed_records(file) if file.exists() else {}
            write_atomically(file, pack_features(there | new))
            for key in new:
                with contextlib.suppress(FileNotFoundError):
                    (folder / f"{key}{_ALONE}").unlink()
        return list(files)


def record_files(folder: Path, names: Names) -> list[Path]:
    """Of what a source's folder holds, the files of records, packed ones first. A folder that is
    called like one is among them: reading it says what is wrong."""
    endings = (_ALONE, _PACKED)
    called = [*names.files, *(one for one in names.folders if one.endswith(endings))]
    packed = [one for one in called if _is_packed(one)]
    alone = [one for one in called if _key_of(one) is not None]
    return [folder / one for one in (*sorted(packed), *sorted(alone))]


def keys_in(file: Path) -> tuple[str, ...]:
    """The features whose records a file holds. Raises TracerError for a file that cannot be read,
    where it must be read to know."""
    if _is_packed(file.name):
        return packed_keys(file)
    key = _key_of(file.name)
    return () if key is None else (key,)


def load_record(file: Path, key: str) -> FeatureExamples:
    """The record of a feature from the file that holds it. Raises TracerError for a broken one."""
    return packed_record(file, key) if _is_packed(file.name) else load_feature_examples(file)


def _packed_file(folder: Path, key: str) -> Path:
    return folder / f"{key.partition('_')[0]}{_PACKED}"


def _is_packed(name: str) -> bool:
    layer = name.removesuffix(_PACKED)
    return layer != name and layer.isascii() and layer.isalnum()


def _key_of(name: str) -> str | None:
    stem = name.removesuffix(_ALONE)
    return stem if stem != name and is_key(stem) else None
