"""Which published layout a folder of weights has: from its files and tensor names, never from its
own name."""

from __future__ import annotations

import re
from pathlib import Path

from tracer.documents.yaml_source import YamlSource, load_yaml
from tracer.errors import Place, Problems, TracerError
from tracer.features.weights import native_plt
from tracer.features.weights.dictionary import Dictionary, Reads
from tracer.features.weights.safetensors_file import safetensors_tensors

READS: dict[str, Reads] = {
    "hook_resid_mid": "stream",
    "ln2.hook_normalized": "normalised",
    "mlp.hook_in": "mlp",
}
WRITES = ("hook_mlp_out", "mlp.hook_out")


def feature_files(folder: Path) -> list[Path]:
    """The files that hold one layer each, in order.

    Raises TracerError that says what was found and what would be understood.
    """
    matches = {file: re.fullmatch(native_plt.FILE, file.name) for file in sorted(folder.iterdir())}
    files = {int(match[1]): file for file, match in matches.items() if match}
    if not files or set(files) != set(range(len(files))):
        found = ", ".join(file.name for file in list(matches)[:6]) or "nothing"
        raise TracerError(
            f"no layout of transcoders that is known here (found: {found})",
            hint=f"understood: {native_plt.LAYOUT}",
            place=Place(folder),
        )
    return [files[layer] for layer in range(len(files))]


def read_dictionary(folder: Path) -> Dictionary:
    """The set in a folder, nothing of its weights read yet.

    Raises TracerError for an unknown layout, a missing tensor or a damaged file.
    """
    layers = []
    for file in feature_files(folder):
        tensors = safetensors_tensors(file)
        if missing := native_plt.KEYS - set(tensors):
            raise TracerError(
                f"`{min(missing)}` is missing (found: {', '.join(sorted(tensors))})",
                hint=f"understood: {native_plt.LAYOUT}",
                place=Place(file),
            )
        layers.append(native_plt.native_plt_layer(tensors))
    reads, top_k = _configuration(folder / "config.yaml")
    return Dictionary(native_plt.LAYOUT, "transcoders", layers, reads, top_k)


def _configuration(config: Path) -> tuple[Reads, int | None]:
    """Where the features read, and how many are kept at each position, as circuit-tracer's
    `config.yaml` says; without one, what the MLP itself reads, and all that are above zero."""
    if not config.exists():
        return "mlp", None
    source = load_yaml(config)
    data = source.data if isinstance(source.data, dict) else {}
    problems = [*_unknown(source, "feature_output_hook", WRITES)]
    problems += _unknown(source, "feature_input_hook", tuple(READS))
    problems += _unknown(source, "activation", ("relu", "topk"))
    top_k = data.get("k") if data.get("activation") == "topk" else None
    if data.get("activation") == "topk" and not (isinstance(top_k, int) and top_k > 0):
        what = "`activation: topk` needs `k`, how many features are kept at each position"
        problems.append(TracerError(what, place=source.place(("k",))))
    if problems:
        raise Problems(problems)
    return READS[data.get("feature_input_hook", "mlp.hook_in")], top_k


def _unknown(source: YamlSource, key: str, known: tuple[str, ...]) -> list[TracerError]:
    data = source.data if isinstance(source.data, dict) else {}
    if key not in data or data[key] in known:
        return []
    what = f"`{key}: {data[key]}` is not understood"
    return [TracerError(what, hint=f"known: {', '.join(known)}", place=source.place((key,)))]
