"""transformers speaks through its own log and bars; our commands have one voice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Within the block transformers prints errors only and no progress bars."""
    from transformers.utils import logging

    before = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(before)
        logging.enable_progress_bar()


def first_line(error: Exception) -> str:
    """What a library said, without what it says at length."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
