"""circuit-tracer's `config.yaml` beside a set of transcoders, and what other programs' files there
say."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from tracer.documents.yaml_source import YamlSource, load_yaml
from tracer.errors import Place, TracerError
from tracer.features.weights.dictionary import Reads, Settings, StoredLayer, Writes
from tracer.features.weights.fields import OFF, Fields, json_fields, refuse_other_skip

NAME = "config.yaml"
# Names of things, and how circuit-tracer holds a set in memory.
_UNREAD = frozenset(
    {
        "base_model",
        "d_model",
        "d_transcoder",
        "datasets",
        "description",
        "device",
        "dtype",
        "features_per_layer",
        "l0",
        "language",
        "layers",
        "lazy_decoder",
        "lazy_encoder",
        "library_name",
        "license",
        "model_name",
        "n_layers",
        "name",
        "neuronpedia_id",
        "num_layers",
        "quant",  # the number format of the file
        "repo_id",
        "revision",
        "scan",
        "scan_name",
        "subfolder",
        "tags",
        "version",
        "width",
    }
)
Activation = Literal["topk", "relu", "jumprelu", "jump_relu"]
Kind = Literal["transcoder", "skip_transcoder", "cross_layer_transcoder", "clt"]
_BESIDE = ("cfg.json", "config.json")
_FOREIGN = Fields(
    unread=frozenset({"normalize_decoder"}),  # as it was normalised, it is stored
    only={
        **OFF,
        "architecture": "(jump_?relu_)?(skip_)?transcoder",
        "hook_name": r"(.*\.)?(ln2\.hook_normalized|hook_mlp_in|mlp\.hook_in|hook_resid_mid)",
        "hook_name_out": r"(.*\.)?(hook_mlp_out|mlp\.hook_out)",
        "transcode": "true",
        "type": "(?!sae).*",
    },
    open=True,
)


class SetConfig(BaseModel):
    """The keys that decide how a set is read."""

    model_config = ConfigDict(extra="ignore", frozen=True, arbitrary_types_allowed=True)

    feature_input_hook: Reads | None = None
    feature_output_hook: Writes | None = None
    activation: Activation | None = None
    architecture: Activation | Kind | None = None
    model_kind: Literal["transcoder_set", "cross_layer_transcoder"] | None = None
    skip_connection: bool | None = None
    k: int | None = Field(None, ge=1)
    missing_layers: tuple[int, ...] = ()
    transcoders: tuple[str, ...] | None = Field(None, min_length=1)
    source: YamlSource | None = Field(None, exclude=True, repr=False)

    @property
    def references(self) -> tuple[str, ...] | None:
        """One file a layer; some published lists name the last one twice."""
        listed = self.transcoders
        return listed[:-1] if listed and listed[-1:] == listed[-2:-1] else listed

    @property
    def chosen(self) -> str | None:
        """The activation, under either name."""
        named = self.activation or self.architecture
        return named.replace("_", "") if named and named in get_args(Activation) else None

    def check(self, layer: StoredLayer) -> None:
        """Raises TracerError where a layer is not what this says."""
        if self.model_kind is not None and (self.model_kind != "transcoder_set") != layer.across:
            found = "one layer each" if not layer.across else "several layers"
            raise self._contradicted("model_kind", f"the features write to {found}")
        if self.chosen == "jumprelu" and layer.threshold is None:
            raise self._contradicted(self._activation_key, "the weights hold no thresholds")
        refuse_other_skip(layer, self._file, "skip_connection", self.skip_connection)

    def override(self, own: Settings) -> Settings:
        """What the set's own files say, or where this one says more, this."""
        off = self.chosen in ("relu", "jumprelu")
        if off and self.k is not None:
            raise self._contradicted("k", f"`{self._activation_key}: {self.chosen}` keeps them all")
        top_k = None if off else self.k or own.top_k
        if self.chosen == "topk" and top_k is None:
            known = "circuit-tracer takes 128 for `facebook/crv-8b-instruct-transcoders`"
            raise TracerError(
                f"`{self._activation_key}: topk`, but k, the number of features kept at a "
                "position, is nowhere",
                hint=f"add the line `k: N`, in a copy of the set if it is the hub's ({known})",
                place=self._place(self._activation_key),
            )
        return Settings(
            reads=self.feature_input_hook or own.reads,
            writes=self.feature_output_hook or own.writes,
            top_k=top_k,
            grouped=own.grouped,
            over_all=own.over_all,
        )

    @property
    def _activation_key(self) -> str:
        return "activation" if self.activation else "architecture"

    @property
    def _file(self) -> Path:
        return Path(NAME) if self.source is None else self.source.file

    def _place(self, key: str) -> Place | None:
        return None if self.source is None else self.source.place((key,))

    def _contradicted(self, key: str, what: str) -> TracerError:
        said = getattr(self, key)
        return TracerError(
            f"`{key}: {said}`, but {what}",
            hint="fetch the whole set again, or take the line out, in a copy of the set if it is "
            "the hub's",
            place=self._place(key),
        )


def load_config(file: Path) -> SetConfig:
    """What a `config.yaml` says, or nothing where there is none. Raises Problems with
    file:line:col, also for what is not understood."""
    if not file.exists():
        return SetConfig()
    source = load_yaml(file)
    config = source.validate(SetConfig).model_copy(update={"source": source})
    known = Fields(honoured=frozenset(SetConfig.model_fields), unread=_UNREAD)
    known.check(source.data, lambda name: source.place((name,), key=True))
    both = {config.activation, config.architecture} & set(get_args(Activation))
    if len({one.replace("_", "") for one in both if one}) > 1:
        raise config._contradicted("architecture", f"`activation: {config.activation}`")
    return config


def check_beside(weights: Path, layer: StoredLayer, settings: Settings) -> None:
    """Raises TracerError where a trainer's `cfg.json` or `config.json` beside weights of a layout
    that has no such file says that they are not what they are read as."""
    for file in (weights.parent / name for name in _BESIDE):
        if file.exists():
            _check_foreign(file, layer, settings)


def _check_foreign(file: Path, layer: StoredLayer, settings: Settings) -> None:
    said = json_fields(file, "a set of transcoders")
    _FOREIGN.check(said, lambda _: Place(file))
    refuse_other_skip(layer, file, "skip_connection", said.get("skip_connection"))
    for name in ("activation", "activation_fn", "activation_fn_str"):
        if said.get(name) == "topk" and settings.top_k is None:
            raise TracerError(
                f"`{name}: topk`, but the weights are read as ReLU or JumpReLU",
                hint=f"add `activation: topk` and `k: N` to the `{NAME}` of the set",
                place=Place(file),
            )
