"""The boundary to other people's code: whatever it raises is one error of one prompt."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tracer.errors import TracerError

_OF_CODE = (LookupError, TypeError, AttributeError, AssertionError)  # not said to people


@contextmanager
def third_party(what: str, *, hint: str | None = None) -> Iterator[None]:
    """Raises TracerError for whatever is raised within: tokenizers, transformers, jinja2, torch
    and the hub raise what they like. Lack of memory and interruptions stay what they are.
    """
    try:
        yield
    except (TracerError, MemoryError):
        raise
    except Exception as error:
        if type(error).__name__ == "OutOfMemoryError":  # torch's; it may not be imported here
            raise
        raise TracerError(f"{what}: {reason(error)}", hint=hint) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # Rust's, which is no Exception
            raise
        raise TracerError(f"{what}: {reason(error)}", hint=hint) from error


def reason(error: BaseException) -> str:
    """What an exception says, on one line; its kind where it says little.

    >>> reason(KeyError("added_tokens")), reason(ValueError("no such file"))
    ("KeyError 'added_tokens'", 'no such file')
    """
    lines = [" ".join(line.split()) for line in str(error).splitlines() if line.strip()]
    said = lines[0][:300] if lines else ""
    bare = isinstance(error, _OF_CODE) or " " not in said
    return f"{type(error).__name__} {said}".rstrip() if bare else said
