"""What something was measured with."""

from __future__ import annotations

import importlib.metadata

from tracer.documents.evidence import Versions


def versions_of(precision: str) -> Versions:
    import torch
    import transformers

    try:
        own = importlib.metadata.version("tracer-gallery")
    except importlib.metadata.PackageNotFoundError:
        own = "a checkout"
    return Versions(
        tracer=own,
        torch=torch.__version__,
        transformers=transformers.__version__,
        precision=precision,
    )
