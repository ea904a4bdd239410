"""`features/` of a gallery, kept in version control: what is known of features in general.

The only way to these records. Which files hold them is known here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tracer.documents.enclosure import Names, names_in
from tracer.documents.feature_examples import (
    FeatureExamples,
    is_key,
    load_feature_examples,
    save_feature_examples,
)
from tracer.documents.temporary_files import sweep_below

_ENDING = ".json"


@dataclass(frozen=True)
class FeatureStore:
    """The records below `root`, a folder for each source of features."""

    root: Path

    def sources(self) -> list[str]:
        """Sources that have a folder, sorted. Raises TracerError where `root` is no folder."""
        return list(names_in(self.root).folders)

    def files(self, source: str) -> list[Path]:
        """The files that hold a source's records, sorted; what is made of the records changes only
        where one of them does. Raises TracerError for a folder that cannot be read."""
        folder = self.root / source
        return record_files(folder, names_in(folder))

    def keys(self, source: str) -> set[str]:
        """Features that have a record, as in `22_580`. Raises TracerError for a broken file."""
        return {key for file in self.files(source) for key in keys_in(file)}

    def load(self, source: str, key: str) -> FeatureExamples | None:
        """One record; None where there is none. Raises TracerError for a broken one."""
        file = next((one for one in self.files(source) if key in keys_in(one)), None)
        return None if file is None else load_record(file, key)

    def save(self, source: str, records: Mapping[str, FeatureExamples]) -> list[Path]:
        """Write records in the place of earlier ones; each is there whole or not at all. Gives the
        files written. Raises TracerError where that cannot be done, ValueError for a key that is
        none."""
        if wrong := [key for key in records if not is_key(key)]:
            raise ValueError(f"no feature's key: {wrong[0]!r}")
        sweep_below(self.root)
        written = []
        for key, record in records.items():
            written.append(self.root / source / f"{key}{_ENDING}")
            save_feature_examples(record, written[-1])
        return written


def record_files(folder: Path, names: Names) -> list[Path]:
    """Of what a source's folder holds, the files of records. A folder that is called like one is
    among them: reading it says what is wrong."""
    called = [*names.files, *(one for one in names.folders if one.endswith(_ENDING))]
    return [folder / one for one in sorted(called) if _key_of(one) is not None]


def keys_in(file: Path) -> tuple[str, ...]:
    """The features whose records a file holds. Raises TracerError for a file that cannot be read,
    where it must be read to know."""
    key = _key_of(file.name)
    return () if key is None else (key,)


def load_record(file: Path, key: str) -> FeatureExamples:
    """The record of a feature from the file that holds it. Raises TracerError for a broken one."""
    assert key in keys_in(file)
    return load_feature_examples(file)


def _key_of(name: str) -> str | None:
    stem = name.removesuffix(_ENDING)
    return stem if stem != name and is_key(stem) else None
