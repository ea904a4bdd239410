"""Weights of strangers: what a file says of itself is checked before anything is made of it."""

from __future__ import annotations

import io
import json
import struct
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.features.dictionaries import write_plt
from tests.readers import npz_of, safetensors_of
from tracer.errors import TracerError
from tracer.features.weights.npz_file import npz_tensors
from tracer.features.weights.recognise import local_set, open_dictionary
from tracer.features.weights.safetensors_file import safetensors_tensors


@pytest.fixture(autouse=True)
def _in_time() -> Iterator[None]:
    start = time.process_time()
    yield
    assert time.process_time() - start < 2


def header(descr: str, shape: str) -> bytes:
    return f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()


def refused(file: Path, case: bytes) -> str:
    file.write_bytes(case)
    with pytest.raises(TracerError) as caught:
        read(file)
    return str(caught.value)


def read(file: Path) -> None:
    load = npz_tensors if file.suffix == ".npz" else safetensors_tensors
    for tensor in load(file, 0).values():
        tensor.array()


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("descr", "shape"),
    [
        ("'<f4'", "(-1, 4)"),
        ("'<f4'", "(-3, -4)"),
        ("'<f4'", "(3, 5)"),
        ("'<f4'", "(1000000000, 1000000000)"),
        ("'<f4'", "(4611686018427387905, 4)"),  # times four bytes, 16 modulo 2^64
        ("'<f4'", "(3.0, 4)"),
        ("'<f4'", "(True, 12)"),
        ("'>f4'", "(3, 4)"),
        ("'<f16'", "(3,)"),
        ("'<f4'", "(" * 300),
        ("'<f4'", "'3, 4'"),
        ("'no such'", "(3, 4)"),
    ],
)
def test_an_array_is_as_large_as_it_says(
    tmp_path: Path, descr: str, shape: str, packed: bool
) -> None:
    said = refused(tmp_path / "params.npz", npz_of(header(descr, shape), packed=packed))
    assert said.endswith("params.npz: is damaged or cut short: not an npz file; fetch it again")


def test_a_whole_one_is_read_packed_or_not(tmp_path: Path) -> None:
    for packed in (False, True):
        (tmp_path / "a.npz").write_bytes(npz_of(header("'<f4'", "(3, 4)"), packed=packed))
        assert npz_tensors(tmp_path / "a.npz", 0)["W_enc"].array().shape == (3, 4)


def test_bombs_and_locked_members_are_refused(tmp_path: Path) -> None:
    bomb, many, locked = io.BytesIO(), io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        array = io.BytesIO()
        np.save(array, np.zeros(20_000_000, np.float32))
        archive.writestr("W_enc.npy", array.getvalue())
    with zipfile.ZipFile(many, "w") as archive:
        for number in range(10_000):
            archive.writestr(f"{number}.npy", b"")
    whole = npz_of(header("'<f4'", "(3, 4)"))
    entry = whole.rindex(b"PK\x01\x02")
    locked.write(whole[:6] + b"\x01\x00" + whole[8 : entry + 8] + b"\x01\x00" + whole[entry + 10 :])
    for case in (bomb, many, locked):
        assert "not an npz file" in refused(tmp_path / "params.npz", case.getvalue())


def test_a_directory_that_says_it_is_endless_is_not_read(tmp_path: Path) -> None:
    whole = npz_of(header("'<f4'", "(3, 4)"))
    end = whole.rindex(b"PK\x05\x06")
    padding = bytes(2_000_000)
    size = struct.pack("<II", end + len(padding), 0)
    assert "not an npz file" in refused(
        tmp_path / "params.npz", whole[:end] + padding + whole[end : end + 12] + size + whole[-2:]
    )


def one(**changes: Any) -> bytes:
    tensor = {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]} | changes
    return json.dumps({"W_enc": tensor}).encode()


@pytest.mark.parametrize(
    "case",
    [
        one(data_offsets=[0, 2**62]),
        one(data_offsets=[-24, 0]),
        one(data_offsets=[24, 0]),
        one(data_offsets=[8, 32]),  # beyond the end
        one(data_offsets=["0", "24"]),
        one(data_offsets=[0, 24, 24]),
        one(shape=[2**61, 2**61]),
        one(shape=[-2, -3]),
        one(shape=[2.0, 3.0]),
        one(shape=["2", "3"]),
        one(shape=[True, 6]),
        one(shape=[1] * 300_000 + [6]),
        one(shape=None),
        one(dtype=["F32"]),
        b'{"a": {"dtype": "F32", "shape": [6], "data_offsets": [0, 24]},'
        b' "b": {"dtype": "F32", "shape": [6], "data_offsets": [4, 28]}}',
        b'{"a": 1}',
        b"[]",
        b"[" * 100_000,
        b'{"a": NaN}',
        one() + b"x",
    ],
)
def test_a_tensor_lies_where_it_says_alone(tmp_path: Path, case: bytes) -> None:
    said = refused(tmp_path / "layer_0.safetensors", safetensors_of(case))
    assert said.endswith("is damaged or cut short: not a safetensors file; fetch it again")


@pytest.mark.parametrize("length", [0, 1, 10**6, 2**60, 2**64 - 1])
def test_a_header_is_no_longer_than_its_file(tmp_path: Path, length: int) -> None:
    said = refused(tmp_path / "a.safetensors", struct.pack("<Q", length) + one())
    assert "not a safetensors file" in said


@pytest.mark.parametrize(
    ("name", "shape"), [("W_enc", [0, 3]), ("W_enc", []), ("W_dec", [6]), ("W_dec", [1, 2, 3, 1])]
)
def test_a_set_is_made_of_matrices(tmp_path: Path, name: str, shape: list[int]) -> None:
    write_plt(tmp_path)
    sizes = {"W_enc": [2, 3], "W_dec": [2, 3], "b_enc": [2], "b_dec": [3]} | {name: shape}
    tensors, at = {}, 0
    for each, lengths in sizes.items():
        size = 4 * int(np.prod(lengths))
        tensors[each] = {"dtype": "F32", "shape": lengths, "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(tensors).encode()
    for file in tmp_path.glob("layer_*.safetensors"):
        file.write_bytes(struct.pack("<Q", len(text)) + text + bytes(at))
    with pytest.raises(TracerError, match="of layer 0 is not rows of features"):
        open_dictionary(local_set(tmp_path))
