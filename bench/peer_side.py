"""The peer's side of the comparison: circuit-tracer 0.5 on a workload, in its own environment.

`python peer_side.py FOLDER RESULT.json EXPANDED|all REPEATS DEVICE BATCH…` measures trace + score
+ prune, without loading.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import torch

STARTED = time.perf_counter()

from circuit_tracer.attribution.attribute import attribute  # noqa: E402
from circuit_tracer.graph import compute_graph_scores, prune_graph  # noqa: E402
from circuit_tracer.replacement_model.replacement_model_transformerlens import (  # noqa: E402
    TransformerLensReplacementModel,
)
from circuit_tracer.transcoder.single_layer_transcoder import load_transcoder_set  # noqa: E402
from transformer_lens import HookedTransformerConfig  # noqa: E402
from transformer_lens.pretrained.weight_conversions import convert_llama_weights  # noqa: E402
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast  # noqa: E402

from bench.memory import peak_bytes  # noqa: E402


def load_set(folder: Path, device: str = "cpu") -> Any:
    """A folder of per-layer transcoders."""
    files = sorted(folder.glob("layer_*.safetensors"), key=_layer)
    return load_transcoder_set(
        {_layer(file): str(file) for file in files},
        scan="local",
        feature_input_hook="mlp.hook_in",
        feature_output_hook="hook_mlp_out",
        device=torch.device(device),
        lazy_encoder=False,
        lazy_decoder=True,
    )


def load(
    folder: Path, transcoders: Any = None, *, device: str = "cpu", positions: int = 256
) -> TransformerLensReplacementModel:
    """The workload, from its folder."""
    llama = LlamaForCausalLM.from_pretrained(folder / "model", dtype=torch.float32)
    # The newer transformers on our side names a tokenizer class that this older one lacks.
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(folder / "model" / "tokenizer.json"), bos_token="<s>", eos_token="</s>"
    )
    transcoders = transcoders or load_set(folder / "features", device)
    return replacement_of(llama, tokenizer, transcoders, device=device, positions=positions)


def replacement_of(
    llama: Any, tokenizer: Any, transcoders: Any, *, device: str, positions: int
) -> TransformerLensReplacementModel:
    """A Llama model through the library's own configuration classes; its loader by name only
    knows models of the hub."""
    config = llama.config
    shared = config.num_attention_heads // config.num_key_value_heads
    cfg = HookedTransformerConfig(
        n_layers=config.num_hidden_layers,
        d_model=config.hidden_size,
        d_head=config.head_dim,
        n_heads=config.num_attention_heads,
        n_key_value_heads=None if shared == 1 else config.num_key_value_heads,
        d_mlp=config.intermediate_size,
        d_vocab=config.vocab_size,
        n_ctx=positions,
        act_fn="silu",
        eps=config.rms_norm_eps,
        normalization_type="RMS",
        positional_embedding_type="rotary",
        rotary_dim=config.head_dim,
        rotary_adjacent_pairs=False,
        rotary_base=int(_rope_base(config)),
        gated_mlp=True,
        final_rms=True,
        model_name="local",
        original_architecture="LlamaForCausalLM",
        device=device,
        dtype=torch.float32,
    )
    model = TransformerLensReplacementModel(cfg)
    model.tokenizer = tokenizer
    state = convert_llama_weights(llama, cfg)
    model.load_and_process_state_dict(
        state, fold_ln=False, center_writing_weights=False, center_unembed=False
    )
    model._configure_replacement_model(transcoders)
    return model


def _rope_base(config: Any) -> float:
    """transformers 5 keeps it elsewhere than 4 did."""
    parameters = getattr(config, "rope_parameters", None)
    return float(parameters["rope_theta"] if parameters else config.rope_theta)


def _layer(file: Path) -> int:
    return int(file.stem.removeprefix("layer_"))


def run(
    model: TransformerLensReplacementModel, tokens: torch.Tensor, batch: int, most: int | None
) -> tuple[Any, Any, Any, dict[str, float]]:
    start = time.perf_counter()
    graph = attribute(tokens, model, batch_size=batch, max_feature_nodes=most)
    traced = time.perf_counter()
    scores = compute_graph_scores(graph)
    pruned = prune_graph(graph)
    end = time.perf_counter()
    return graph, scores, pruned, {"trace": traced - start, "prune": end - traced}


def main() -> None:
    folder, result = Path(sys.argv[1]), Path(sys.argv[2])
    most = None if sys.argv[3] == "all" else int(sys.argv[3])
    repeats, device = int(sys.argv[4]), sys.argv[5]
    batches = [int(one) for one in sys.argv[6:]]
    tokens = torch.tensor(json.loads((folder / "tokens.json").read_text()))
    loading = time.perf_counter()
    model = load(folder, device=device, positions=max(256, len(tokens)))
    loaded = time.perf_counter()
    runs = []
    for batch in batches:
        for _ in range(repeats):
            graph = scores = pruned = None  # as if each run were the only one
            graph, scores, pruned, times = run(model, tokens, batch, most)
            runs.append({"batch": batch, **times, "peak_rss_bytes": peak_bytes()})
            spent = f"{times['trace']:.2f} + {times['prune']:.2f} s"
            sys.stdout.write(f"circuit-tracer, batch {batch}: {spent}\n")
            sys.stdout.flush()
    assert graph is not None and scores is not None and pruned is not None
    torch.save(
        {
            "adjacency": graph.adjacency_matrix,
            "active": graph.active_features,
            "selected": graph.selected_features,
            "logit_tokens": torch.tensor([one.vocab_idx for one in graph.logit_targets]),
            "nodes": pruned.node_mask,
            "edges": pruned.edge_mask,
        },
        result.with_suffix(".pt"),
    )
    result.write_text(
        json.dumps(
            {
                "active": len(graph.active_features),
                "expanded": len(graph.selected_features),
                "scores": [float(one) for one in scores],
                "runs": runs,
                "import_seconds": loading - STARTED,
                "load_seconds": loaded - loading,
                "peak_rss_bytes": peak_bytes(),
            }
        )
    )


if __name__ == "__main__":
    main()
