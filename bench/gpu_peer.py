"""circuit-tracer in this very process, where its package and what it imports can be had."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch
from torch import nn

from bench.in_memory import Held
from tracer.features.choose import FoundFeatures
from tracer.model.load import Model

BATCHES = (256, 64)


@dataclass(frozen=True)
class Peer:
    """Its own functions, by way of `peer_side.py`."""

    side: Any
    version: str

    def model(self, model: Model, features: FoundFeatures, *, positions: int) -> Any:
        """The same weights; transcoders are shared, not copied."""
        return self.side.replacement_of(
            model.causal_lm,
            model.tokenizer.backend,
            self._set(features, model.device),
            device=str(model.device),
            positions=positions,
        )

    def _set(self, features: FoundFeatures, device: torch.device) -> Any:
        home = importlib.import_module("circuit_tracer.transcoder.single_layer_transcoder")
        assert features.dictionary is not None
        made = {}
        for number, layer in enumerate(features.dictionary.layers):
            shape = layer.encoder.shape
            one = home.SingleLayerTranscoder(
                shape[1], shape[0], nn.functional.relu, number, device=device, dtype=torch.float32
            )
            stored = {
                "W_enc": layer.encoder.stored,
                "W_dec": layer.decoder.stored,
                "b_enc": layer.encoder_bias,
                "b_dec": layer.decoder_bias,
            }
            for name, held in stored.items():
                assert isinstance(held, Held)
                getattr(one, name).data = held.tensor.to(device)
            made[number] = one.requires_grad_(False)
        return home.TranscoderSet(made, "mlp.hook_in", "hook_mlp_out", scan="random")

    def once(
        self, model: Any, token_ids: Sequence[int], batch: int, most: int | None, found: Any
    ) -> dict[str, float]:
        tokens = torch.tensor(token_ids, device=model.cfg.device)
        graph, _, _, times = self.side.run(model, tokens, batch, most)
        found |= {"active": len(graph.active_features), "expanded": len(graph.selected_features)}
        measured: dict[str, float] = times
        return measured


def find_peer(folder: Path | None) -> Peer | str:
    """circuit-tracer, or why there is none."""
    if folder is not None:
        sys.path.append(str(folder))
    # Newer hubs lack a switch that it reads when it is imported and never uses here.
    constants = importlib.import_module("huggingface_hub.constants")
    if not hasattr(constants, "HF_HUB_ENABLE_HF_TRANSFER"):
        constants.HF_HUB_ENABLE_HF_TRANSFER = False  # type: ignore[attr-defined]
    try:
        side = importlib.import_module("bench.peer_side")
        return Peer(side, _version())
    except Exception as error:  # whatever a package of other versions makes of these
        return f"circuit-tracer cannot be imported ({type(error).__name__}: {error})"


def _version() -> str:
    try:
        return version("circuit-tracer")
    except PackageNotFoundError:
        return "of an unknown version"
