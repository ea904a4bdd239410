"""One pass over texts for one source's features, put down now and then and taken up again."""

from __future__ import annotations

import contextlib
import json
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch

from tracer.batch.text_contexts import Contexts, Place
from tracer.batch.trace_job import memory_suffices
from tracer.documents.files import write_atomically
from tracer.documents.json_text import decode
from tracer.errors import TracerError
from tracer.interventions.readings import Feature, read_features
from tracer.interventions.steered_pass import SteeredPrompt
from tracer.interventions.texts.batch import Batch, Context
from tracer.interventions.texts.running import Running

VERSION = 1  # of what is kept; another one begins anew
CONTEXTS = 16  # read at once
SECONDS = 60.0  # at most so much work is lost when the program is killed
Say = Callable[[str, int, int], None]


@dataclass
class TextPass:
    """What is known so far of the features `keys`. `identity` is of model, features and texts."""

    identity: str
    keys: tuple[str, ...]
    running: Running
    place: Place = field(default_factory=Place)
    finished: bool = False

    def read(
        self,
        prompt: SteeredPrompt,
        features: Sequence[Feature],
        contexts: Contexts,
        file: Path,
        *,
        most: int | None = None,
        say: Say = lambda *_: None,
    ) -> bool:
        """Read on to the end, or until `most` tokens are read; False if somebody interrupts.

        What is found is kept in `file` every minute and at the end, so that nothing is read twice.
        """
        start = prompt.model.tokenizer.start_token
        sizes = [text.file.stat().st_size for text in contexts.texts]
        saved = time.monotonic()
        try:
            for batch, place in contexts.batches(self.place, CONTEXTS):
                if most is not None and self.running.tokens >= most:
                    break
                values = values_of(prompt, features, batch, start)
                with _whole():
                    self.running.add(Batch(batch, values))
                    self.place = place
                    if time.monotonic() - saved > SECONDS:
                        self.save(file)
                        saved = time.monotonic()
                tokens = f"reading texts, {self.running.tokens:,} tokens of "
                say(f"{tokens}{sum(sizes) / 1e6:,.1f} MB", sum(sizes[: place.text]), sum(sizes))
            else:
                self.finished = True
        except KeyboardInterrupt:
            self.save(file)
            return False
        self.save(file)
        return True

    def save(self, file: Path) -> None:
        """Raises TracerError where it cannot be written."""
        said = {
            "version": VERSION,
            "identity": self.identity,
            "keys": self.keys,
            "place": vars(self.place),
            "finished": self.finished,
            "labels": len(self.running.labels),
        }
        tensors = self.running.tensors()
        write_atomically(file, safetensors.torch.save(tensors, {"pass": json.dumps(said)}))


def take_up(folder: Path, source: str, identity: str, keys: Sequence[str]) -> TextPass | None:
    """The pass over the same texts, with the same model and features, that knows all these keys and
    is furthest on. What is damaged or of another version is passed over."""
    found: list[TextPass] = []
    for file in sorted(folder.glob(f"{source}.*.safetensors")):
        said = _said(file)
        if said is None or said["identity"] != identity or not {*keys} <= {*said["keys"]}:
            continue
        with contextlib.suppress(OSError, ValueError, KeyError, safetensors.SafetensorError):
            running = Running.empty(len(said["keys"]), said["labels"])
            running.take_up(safetensors.torch.load_file(file))
            place = Place(**said["place"])
            found.append(TextPass(identity, tuple(said["keys"]), running, place, said["finished"]))
    return max(found, key=lambda one: (one.finished, one.running.tokens), default=None)


def read_through(folder: Path, source: str, identity: str) -> TextPass | None:
    """Of passes over the same texts that came to their end, the one that knows most features."""
    found: list[list[str]] = []
    for file in sorted(folder.glob(f"{source}.*.safetensors")):
        said = _said(file)
        if said is not None and said["identity"] == identity and said["finished"]:
            found.append(said["keys"])
    known = take_up(folder, source, identity, max(found, key=len)) if found else None
    return known if known is not None and known.finished else None


def tells_more(file: Path, known: TextPass) -> bool:
    """Whether a file is of a pass over the same texts that knows of further features."""
    said = _said(file)
    return (
        said is not None
        and said["identity"] == known.identity
        and not ({*said["keys"]} <= {*known.keys})
    )


def newest_pass(folder: Path, source: str) -> TextPass | None:
    """Whatever pass was put down last for a source, whole or not."""
    files = sorted(folder.glob(f"{source}.*.safetensors"), key=lambda one: one.stat().st_mtime)
    for file in reversed(files):
        said = _said(file)
        if said is not None:
            return take_up(folder, source, said["identity"], said["keys"])
    return None


def _said(file: Path) -> dict[str, Any] | None:
    """The words beside the tensors; None where the file is none of ours."""
    try:
        with safetensors.safe_open(file, "pt") as opened:
            words = (opened.metadata() or {})["pass"]
        said: dict[str, Any] = decode(words, file, hint="remove it")
    except (OSError, KeyError, TracerError, safetensors.SafetensorError):
        return None
    return said if said.get("version") == VERSION else None


def values_of(
    prompt: SteeredPrompt, features: Sequence[Feature], batch: Sequence[Context], start: int
) -> torch.Tensor:
    """(contexts, longest, features). Behind the end of a shorter context stand start tokens, which
    nothing in front of them can see."""
    longest = max(len(one.tokens) for one in batch)
    rows = [[start, *one.tokens, *[start] * (longest - len(one.tokens))] for one in batch]
    ids = torch.tensor(rows, device=prompt.model.device)
    with memory_suffices("a batch of texts"):
        return read_features(prompt.model, prompt.targets, features, ids)[:, 1:].float().cpu()


@contextlib.contextmanager
def _whole() -> Iterator[None]:
    """An interruption waits until this is done, so that no half of a batch is counted."""
    waiting: list[int] = []
    try:
        before = signal.signal(signal.SIGINT, lambda number, _: waiting.append(number))
    except ValueError:  # not the main thread, which is the one interrupted
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if waiting:
        raise KeyboardInterrupt
