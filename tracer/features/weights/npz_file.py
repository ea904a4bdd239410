"""Where each array of an npz file lies. Sources: numpy's NEP 1 and the zip format."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tracer.features.weights.archive import check_member, open_archive
from tracer.features.weights.stored import Array, MappedTensor, Stored


@dataclass(frozen=True)
class PackedTensor:
    """A compressed array, unpacked at each read."""

    file: Path
    name: str
    shape: tuple[int, ...]
    bfloat16: bool = False

    def array(self) -> Array:
        with open_archive(self.file) as archive, archive.open(f"{self.name}.npy") as stream:
            found: Array = np.lib.format.read_array(stream, allow_pickle=False)
            return found


def npz_tensors(file: Path) -> dict[str, Stored]:
    """The floating-point arrays by name. Raises TracerError when the file is damaged."""
    with open_archive(file) as archive:
        members = [one for one in archive.infolist() if one.filename.endswith(".npy")]
        found = {one.filename.removesuffix(".npy"): _member(file, archive, one) for one in members}
    return {name: tensor for name, tensor in found.items() if tensor is not None}


def _member(file: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Stored | None:
    with archive.open(member) as stream:
        version = np.lib.format.read_magic(stream)
        read = np.lib.format.read_array_header_1_0
        if version != (1, 0):
            read = np.lib.format.read_array_header_2_0
        shape, fortran, dtype = read(stream)
        header = stream.tell()
    if dtype.kind != "f":
        return None  # objects among them: nothing is ever unpickled
    check_member(member, header, shape, dtype)
    if member.compress_type != zipfile.ZIP_STORED:
        return PackedTensor(file, member.filename.removesuffix(".npy"), shape)
    with file.open("rb") as raw:
        raw.seek(member.header_offset + 26)  # the local header's name and extra lengths
        lengths = raw.read(4)
    name, extra = int.from_bytes(lengths[:2], "little"), int.from_bytes(lengths[2:], "little")
    offset = member.header_offset + 30 + name + extra + header
    if offset - header + member.file_size > file.stat().st_size:
        raise zipfile.BadZipFile
    return MappedTensor(file, offset, dtype.str, shape, fortran=fortran)
