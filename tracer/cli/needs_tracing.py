"""Commands that trace need packages that the base install leaves out."""

from __future__ import annotations

from importlib.util import find_spec

from tracer.errors import TracerError

PACKAGES = ("torch", "transformers", "safetensors", "gguf", "accelerate")


def needs_tracing() -> None:
    """Raises TracerError when the `trace` extra is not installed."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise TracerError(
            f"tracing needs {', '.join(missing)}, not installed here",
            hint="run `make demo`, or `pip install '.[trace]'` in a clone (README, Install)",
        )
