"""Where each array of an npz file lies. Sources: numpy's NEP 1 and the zip format."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tracer.errors import Place, TracerError, one_plain_line
from tracer.features.weights.archive import check_member, open_archive
from tracer.features.weights.stored import Array, MappedTensor, Stored


@dataclass(frozen=True)
class PackedTensor:
    """A compressed array, unpacked at each read."""

    file: Path
    name: str
    layer: int
    shape: tuple[int, ...]
    bfloat16: bool = False

    def array(self) -> Array:
        with open_archive(self.file) as archive, archive.open(f"{self.name}.npy") as stream:
            found: Array = np.lib.format.read_array(stream, allow_pickle=False)
            return found


def npz_tensors(file: Path, layer: int) -> dict[str, Stored]:
    """The arrays by name. Raises TracerError when the file is damaged, or holds an array that is
    not of floating-point numbers: objects, for one, would have to be unpickled."""
    with open_archive(file) as archive:
        members = [one for one in archive.infolist() if one.filename.endswith(".npy")]
        return {
            one.filename.removesuffix(".npy"): _member(file, archive, one, layer) for one in members
        }


def _member(file: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo, layer: int) -> Stored:
    name = member.filename.removesuffix(".npy")
    with archive.open(member) as stream:
        version = np.lib.format.read_magic(stream)
        read = np.lib.format.read_array_header_1_0
        if version != (1, 0):
            read = np.lib.format.read_array_header_2_0
        shape, fortran, dtype = read(stream)
        header = stream.tell()
    if dtype.kind != "f":
        raise TracerError(
            f"the array `{one_plain_line(name, 100)}` is of "
            f"{one_plain_line(str(dtype), 40)}, not of floating-point numbers",
            hint="save it as float32, or, if it is of no use here, leave it out",
            place=Place(file),
        )
    check_member(member, header, shape, dtype)
    if member.compress_type != zipfile.ZIP_STORED:
        return PackedTensor(file, name, layer, shape)
    with file.open("rb") as raw:
        raw.seek(member.header_offset + 26)  # the local header's name and extra lengths
        lengths = raw.read(4)
    name_bytes, extra = (int.from_bytes(one, "little") for one in (lengths[:2], lengths[2:]))
    offset = member.header_offset + 30 + name_bytes + extra + header
    if offset - header + member.file_size > file.stat().st_size:
        raise zipfile.BadZipFile
    return MappedTensor(file, name, layer, offset, dtype.str, shape, fortran=fortran)
