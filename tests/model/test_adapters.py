"""LoRA adapters merged into a model: the same as peft makes of them, or refused by name."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

from tests.adapters import DOWN, PREFIX, SETTINGS, change_halves, halves, save_adapter
from tests.tiny_models import FAMILIES, LATER, PROMPT, auto_class, save_tiny_model
from tracer.documents.trace_settings import Precision
from tracer.errors import TracerError
from tracer.model.adapters import find_adapter
from tracer.model.files import find_model, is_called
from tracer.model.load import Model, load_model

FUSED = ["c_attn", "c_proj", "c_fc"]
# Family, and how peft is told to adapt it.
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "one matrix": ("llama", {"target_modules": ["down_proj"], "layers_to_transform": [1]}),
    "a layer by its number": ("llama", {"target_modules": ["q_proj"], "layers_to_transform": 2}),
    "several, root of the rank": (
        "llama",
        {"target_modules": ["q_proj", "v_proj", "up_proj"], "use_rslora": True, "r": 4},
    ),
    "ranks of their own": (
        "llama",
        {
            "target_modules": ["q_proj", "down_proj", "o_proj"],
            "rank_pattern": {"layers.1.mlp.down_proj": 5, "q_proj": 1},
            "alpha_pattern": {"o_proj": 7, "^model.layers.0.self_attn.q_proj": 11},
        },
    ),
    "a pattern": (
        "llama",
        {"target_modules": r"model\.layers\.[02]\.mlp\..*_proj", "exclude_modules": ["up_proj"]},
    ),
    "all but the head": ("llama", {"target_modules": "all-linear", "exclude_modules": "x"}),
    "the head": ("llama", {"target_modules": ["lm_head"]}),
    "stored the other way round": ("gpt2", {"target_modules": FUSED, "fan_in_fan_out": True}),
    "fused": ("phi3", {"target_modules": ["qkv_proj", "gate_up_proj"]}),
    "behind a post-norm": ("gemma2", {"target_modules": ["down_proj", "o_proj"]}),
}


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return save_tiny_model(tmp_path / "tiny")


def logits(model: Any, ids: tuple[int, ...]) -> torch.Tensor:
    with torch.no_grad():
        found: torch.Tensor = model(torch.tensor([ids])).logits[0]
    return found


@pytest.mark.parametrize("case", CASES)
def test_merged_is_what_peft_runs(case: str, tmp_path: Path) -> None:
    family, settings = CASES[case]
    folder = save_tiny_model(tmp_path / "model", family)
    base = AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager")
    adapted = get_peft_model(base, LoraConfig(**{"lora_alpha": 3, "r": 2, **settings}))
    torch.manual_seed(1)
    with torch.no_grad():
        for name, weight in adapted.named_parameters():
            if "lora_" in name:
                weight.copy_(0.3 * torch.randn_like(weight))
    adapted.save_pretrained(tmp_path / "adapter")
    merged = load_model(str(folder), adapter=tmp_path / "adapter", device="cpu")
    ids = merged.tokenizer.encode_prompt(PROMPT)
    expected = logits(adapted.eval(), ids)
    torch.testing.assert_close(logits(merged.causal_lm, ids), expected, rtol=1e-4, atol=1e-4)
    plain = logits(load_model(str(folder), device="cpu").causal_lm, ids)
    assert float((plain - expected).abs().max()) > 0.05


@pytest.mark.slow
@pytest.mark.parametrize("family", [*FAMILIES, *LATER])
def test_every_family_takes_an_adapter(family: str, tmp_path: Path) -> None:
    folder = save_tiny_model(tmp_path / "model", family)
    auto = auto_class({**FAMILIES, **LATER}[family]())
    base = auto.from_pretrained(folder, attn_implementation="eager")
    settings: dict[str, Any] = {"target_modules": "all-linear", "exclude_modules": "x"}
    if family == "gpt2":
        settings = {"target_modules": FUSED, "fan_in_fan_out": True}
    adapted = get_peft_model(base, LoraConfig(lora_alpha=3, r=2, **settings))
    torch.manual_seed(1)
    with torch.no_grad():
        for name, weight in adapted.named_parameters():
            if "lora_" in name:
                weight.copy_(0.3 * torch.randn_like(weight))
    adapted.save_pretrained(tmp_path / "adapter")
    merged = load_model(str(folder), adapter=tmp_path / "adapter", device="cpu")
    ids = merged.tokenizer.encode_prompt(PROMPT)
    expected = logits(adapted.eval(), ids)
    torch.testing.assert_close(logits(merged.causal_lm, ids), expected, rtol=1e-4, atol=1e-4)
    plain = logits(load_model(str(folder), device="cpu").causal_lm, ids)
    assert float((plain - expected).abs().max()) > 0.05


def test_two_adapters_are_added_up(tiny: Path, tmp_path: Path) -> None:
    first, second = (save_adapter(tmp_path / f"a{seed}", seed=seed) for seed in (1, 2))
    both = load_model(str(tiny), adapter=[first, second], device="cpu")
    model = AutoModelForCausalLM.from_pretrained(tiny, attn_implementation="eager")
    for folder in (first, second):
        model = PeftModel.from_pretrained(model, str(folder)).merge_and_unload()
    ids = both.tokenizer.encode_prompt(PROMPT)
    torch.testing.assert_close(logits(both.causal_lm, ids), logits(model, ids), atol=1e-4, rtol=0)


@pytest.mark.parametrize("precision", ["bf16", "fast"])
def test_an_adapter_in_each_precision(precision: Precision, tiny: Path, tmp_path: Path) -> None:
    adapter = save_adapter(tmp_path / "a")
    model = load_model(str(tiny), adapter=adapter, device="cpu", precision=precision)
    plain = load_model(str(tiny), device="cpu", precision=precision)
    first, second = halves(adapter).values()
    wanted = weight(plain).float() + 3 / 2 * second @ first
    torch.testing.assert_close(weight(model).float(), wanted, rtol=1e-2, atol=1e-2)
    assert weight(model).dtype == weight(plain).dtype


def weight(model: Model) -> torch.Tensor:
    found: torch.Tensor = model.module(DOWN).weight
    return found


def test_what_was_merged_stays_when_memory_is_let_go(tiny: Path, tmp_path: Path) -> None:
    model = load_model(str(tiny), adapter=save_adapter(tmp_path / "a"), device="cpu")
    before = weight(model).clone()
    model.let_go()
    torch.testing.assert_close(weight(model), before)


def test_the_identity_is_of_model_and_adapters(tiny: Path, tmp_path: Path) -> None:
    first, second = (save_adapter(tmp_path / f"a{seed}", seed=seed) for seed in (1, 2))
    plain = find_model(str(tiny))
    assert plain.adapted([]) is plain
    found = [
        find_model(str(tiny), adapters=folders).identity
        for folders in ([], [first], [second], [first, second], [second, first])
    ]
    assert found[0] == plain.identity and len(set(found)) == 5
    copy = save_adapter(tmp_path / "elsewhere" / "a1", seed=1)
    assert find_model(str(tiny), adapters=[copy]).identity == found[1]
    (first / "README.md").write_text("says nothing to the model")
    assert find_model(str(tiny), adapters=[first]).identity == found[1]
    save_adapter(first, seed=1, lora_alpha=4)
    assert find_model(str(tiny), adapters=[first]).identity != found[1]


def test_an_adapted_model_says_so(tiny: Path, tmp_path: Path) -> None:
    model = load_model(str(tiny), adapter=save_adapter(tmp_path / "My edit"), device="cpu")
    name = find_model(str(tiny)).name
    assert (model.info.name, model.info.full_name) == (name, f"{name} + My edit")
    assert model.source_name == f"{name}.my.edit"
    assert [one.name for one in model.info.adapters or ()] == ["My edit"]
    plain = load_model(str(tiny), device="cpu")
    assert plain.info.adapters is None and plain.info.full_name == name


def test_a_notice_where_the_base_is_another(tiny: Path, tmp_path: Path) -> None:
    for base, told in (("org/other", True), ("org/TINY", False), (str(tiny), False), (None, False)):
        adapter = save_adapter(tmp_path / "a", base_model_name_or_path=base)
        notices = load_model(str(tiny), adapter=adapter, device="cpu").notices
        assert bool(notices) == told
        if told:
            assert "the adapter `a` was made for `org/other`, and is applied to" in notices[0]


def test_names_of_a_base() -> None:
    assert is_called("org/Model-1B", ["elsewhere/model-1b@main"])
    assert is_called("C:\\models\\base\\", ["local.12345678", "base"])
    assert not is_called("org/Model-1B", ["org/Model-1B-Instruct"])


REFUSED: dict[str, Any] = {
    "peft_type": "IA3",
    "task_type": "SEQ_CLS",
    "bias": "all",
    "use_dora": True,
    "use_qalora": True,
    "use_bdlora": {"nblocks": 2},
    "lora_bias": True,
    "modules_to_save": ["embed_tokens"],
    "target_parameters": ["mlp.experts.down_proj"],
    "layer_replication": [[0, 2], [1, 3]],
    "init_lora_weights": "pissa",
    "trainable_token_indices": [1],
    "megatron_config": {"a": 1},
    "alora_invocation_tokens": [3],
    "arrow_config": {"top_k": 2},
    "kasa_config": {"beta": 1},
    "monteclora_config": {"num_samples": 2},
    "velora_config": {"a": 1},
    "ensure_weight_tying": True,
    "some_later_field": "x",
    "r": 0,
    "lora_alpha": "many",
    "use_rslora": "yes",
    "rank_pattern": {"down_proj": 1.5},
    "alpha_pattern": ["down_proj"],
    "target_modules": None,
    "exclude_modules": 3,
    "layers_to_transform": [-1],
    "layers_pattern": ["(a+)+"],
}


@pytest.mark.parametrize("field", REFUSED)
def test_a_field_that_changes_the_meaning(field: str, tmp_path: Path) -> None:
    folder = save_adapter(tmp_path / "a", **{field: REFUSED[field]})
    with pytest.raises(TracerError) as refused:
        find_adapter(folder)
    assert field.removesuffix("_pattern").partition("_")[0] in str(refused.value)
    assert "adapter_config.json" in str(refused.value)


def test_every_field_of_peft_is_known() -> None:
    """What peft writes by itself is read; a field that it gains is refused until it is looked at,
    which this test is the place to notice."""
    fields = set(LoraConfig(r=1).to_dict()) - {"runtime_config"}
    from tracer.model import adapters

    known = {*adapters._NEUTRAL, *adapters._HEEDED, *adapters._MEANINGLESS}
    assert fields <= known


def test_what_changes_nothing_is_taken(tmp_path: Path) -> None:
    fine: dict[str, Any] = {
        "init_lora_weights": "gaussian",
        "some_later_field": None,
        "eva_config": {"rho": 2.0},
    }
    found = find_adapter(save_adapter(tmp_path / "a", **fine))
    assert found.settings.adapts(DOWN)
    assert not found.settings.adapts(DOWN.replace(".1.", ".0."))


@pytest.mark.parametrize("pattern", ["(a+)+$", "(x*y*)*", "[", "a" * 3000])
def test_a_pattern_that_could_take_for_ever(pattern: str, tmp_path: Path) -> None:
    for field in ("target_modules", "exclude_modules"):
        fields: dict[str, Any] = {field: pattern}
        folder = save_adapter(tmp_path / "a", **fields)
        with pytest.raises(TracerError, match="is not a pattern that can be followed"):
            find_adapter(folder)


A, B = (f"{PREFIX}{DOWN}.{half}.weight" for half in ("lora_A", "lora_B"))
BROKEN: dict[str, tuple[dict[str, torch.Tensor | None], str]] = {
    "a half": ({"lora_B": None}, rf"lacks `{B}`: only the other half of it is here"),
    "a shape": (
        {"lora_A": torch.zeros(2, 47)},
        rf"`{A}` has the shape \(2, 47\) where .* ask for \(2, 48\)",
    ),
    "a rank": ({"lora_B": torch.zeros(32, 3)}, rf"`{B}` has the shape \(32, 3\)"),
    "NaN": (
        {"lora_A": torch.full((2, 48), float("nan"))},
        rf"`{A}` \(layer 1\) holds NaN: 96 of its 96 numbers",
    ),
    "infinity": ({"lora_B": torch.full((32, 2), float("inf"))}, rf"`{B}` .* holds infinity: 64"),
    "too large": (
        {"lora_A": torch.full((2, 48), 1e30), "lora_B": torch.full((32, 2), 1e30)},
        rf"the weights of `{DOWN}` are too large for float32",
    ),
    "no home": (
        {A.replace(".1.", ".2."): torch.zeros(2, 48)},
        r"layers\.2\.mlp\.down_proj\.lora_A\.weight` has no home: `target_modules` names no",
    ),
    "a magnitude": (
        {f"{PREFIX}{DOWN}.lora_magnitude_vector": torch.zeros(32)},
        r"lora_magnitude_vector` is no half of an adapted matrix \(lora_A or lora_B\)",
    ),
    "a whole matrix": (
        {f"{PREFIX}lm_head.weight": torch.zeros(60, 32)},
        r"lm_head\.weight` is no half of an adapted matrix",
    ),
    "other weights": (
        {f"{PREFIX}{DOWN}.base_layer.weight": torch.zeros(32, 48)},
        r"base_layer\.weight` is no half of an adapted matrix",
    ),
    "another program's name": ({f"lora_unet_{DOWN}.alpha": torch.zeros(1)}, "is no half of"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_tensors_that_do_not_fit(case: str, tiny: Path, tmp_path: Path) -> None:
    tensors, message = BROKEN[case]
    folder = save_adapter(tmp_path / "a")
    change_halves(folder, **tensors)
    with pytest.raises(TracerError, match=message) as refused:
        load_model(str(tiny), adapter=folder, device="cpu")
    assert "adapter_model.safetensors" in str(refused.value)


def test_a_matrix_that_is_not_there_at_all(tiny: Path, tmp_path: Path) -> None:
    folder = save_adapter(tmp_path / "a", layers_to_transform=[1, 2])
    wanted = rf"lacks `{PREFIX}model\.layers\.2\.mlp\.down_proj\.lora_A\.weight`"
    with pytest.raises(TracerError, match=f"{wanted}: `target_modules` asks for it"):
        load_model(str(tiny), adapter=folder, device="cpu")
    folder = save_adapter(tmp_path / "a", target_modules=["fc1"], layers_to_transform=None)
    with pytest.raises(TracerError, match=r"`target_modules` \(`fc1`\) names nothing that this"):
        load_model(str(tiny), adapter=folder, device="cpu")


def test_modules_that_cannot_be_adapted(tiny: Path, tmp_path: Path) -> None:
    more: dict[str, Any] = {"layers_to_transform": None}
    folder = save_adapter(tmp_path / "a", target_modules=["embed_tokens"], **more)
    with pytest.raises(TracerError, match=r"names `model\.embed_tokens`, a module of the kind Emb"):
        load_model(str(tiny), adapter=folder, device="cpu")
    tied = save_tiny_model(tmp_path / "tied", "llama-tied-full-heads")
    head = save_adapter(tmp_path / "b", {"lm_head": (60, 32)}, target_modules=["lm_head"], **more)
    with pytest.raises(TracerError, match="`lm_head`, whose weights are the embedding's too"):
        load_model(str(tied), adapter=head, device="cpu")
    load_model(str(tiny), adapter=head, device="cpu")


def test_folders_that_hold_no_adapter(tmp_path: Path) -> None:
    with pytest.raises(TracerError, match="there is no folder of an adapter at"):
        find_adapter(tmp_path / "nowhere")
    for text in ("x" * 5000, "a\0b", "~nobody-at-all/a"):
        with pytest.raises(TracerError, match="there is no folder of an adapter at"):
            find_adapter(Path(text))
    (empty := tmp_path / "empty").mkdir()
    with pytest.raises(TracerError, match=r"there is no adapter_config\.json here"):
        find_adapter(empty)
    folder = save_adapter(tmp_path / "a")
    file = folder / "adapter_model.safetensors"
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(TracerError, match=r"adapter_model\.safetensors: is damaged or cut short"):
        find_adapter(folder)
    save_file({A: torch.zeros(2, 48, dtype=torch.int8)}, file)
    with pytest.raises(TracerError, match=rf"`{A}` is stored as I8, and an adapter's numbers"):
        find_adapter(folder)
    file.unlink()
    (folder / "adapter_model.bin").write_bytes(pickle.dumps({}))
    with pytest.raises(TracerError, match="pickled weights are never loaded"):
        find_adapter(folder)
    for text in ("{", "[]", json.dumps({**SETTINGS, "peft_type": None})):
        (folder / "adapter_config.json").write_text(text)
        with pytest.raises(TracerError, match=r"adapter_config\.json"):
            find_adapter(folder)


def test_an_adapter_is_looked_at_before_a_model_is_fetched(tmp_path: Path) -> None:
    with pytest.raises(TracerError, match="there is no folder of an adapter"):
        find_model("nobody/nothing", adapters=[tmp_path / "nowhere"])
