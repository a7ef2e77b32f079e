"""Models without weights: every size and type is there, and not one number.

Quantised layers are bitsandbytes' own with empty insides, so what is traced is what runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from bitsandbytes import functional
from bitsandbytes.nn.modules import Linear4bit
from transformers import AutoConfig, AutoModelForCausalLM

from studio.core.problems import ModelError, RecipeError
from studio.core.recipe import Recipe
from studio.engine.branches import attach_branch, branch_targets

_State: Any = functional.QuantState
_BLOCK, _NESTED_BLOCK = 64, 256
"""Weights under one scale, and scales under one of theirs."""


def meta_model(
    config: Mapping[str, Any], recipe: Recipe, layers: int, dtype: torch.dtype, attention: str
) -> tuple[Any, Any]:
    """Return a model on the meta device and what training wraps around it.

    Args:
        config: the object of a model's ``config.json``, checked before.
        recipe: for the method and its sizes.
        layers: how many decoder layers to build.
        dtype: of the weights.
        attention: name of the attention to use.

    Raises:
        ModelError: the architecture cannot be built.
    """
    try:
        settings = _settings(config, layers)
        with torch.device("meta"):
            base = _on_meta(settings, dtype, attention)
            base.requires_grad_(False)
            return base, _with_branch(base, recipe, layers)
    except (RecipeError, ModelError):
        raise
    except Exception as err:  # models raise whatever their authors wrote
        raise ModelError(
            f"The architecture {config.get('model_type', '')!r} cannot be traced:"
            f" {str(err).splitlines()[0] if str(err) else type(err).__name__}.",
            "The estimate from its dimensions stays.",
        ) from err


def _on_meta(settings: Any, dtype: torch.dtype, attention: str) -> Any:
    make: Any = AutoModelForCausalLM.from_config
    try:
        return make(settings, dtype=dtype, attn_implementation=attention)
    except ValueError as err:
        if "attention implementation" not in str(err):
            raise
        return make(
            settings, dtype=dtype, attn_implementation="eager"
        )  # state-space models have no attention to choose


def depth_of(config: Mapping[str, Any]) -> int:
    """Return how many decoder layers a config's model has, whatever its family calls them.

    Raises:
        ModelError: nobody knows the architecture.
    """
    named = config.get("num_hidden_layers")
    if isinstance(named, int):
        return max(named, 1)
    try:
        return int(_settings(config, None).get_text_config().num_hidden_layers)
    except Exception as err:  # families check their settings each in its own way
        raise ModelError(
            f"The architecture {config.get('model_type', '')!r} cannot be traced.",
            "Nothing can be said of its memory.",
            details=repr(err),
        ) from err


def _settings(config: Mapping[str, Any], layers: int | None) -> Any:
    """Return transformers' settings of a model, of so many layers; None leaves them as they are."""
    known = {k: v for k, v in config.items() if k not in ("layer_types", "quantization_config")}
    made = AutoConfig.for_model(str(known.pop("model_type", "")), **known)
    if layers is not None and getattr(made, "num_hidden_layers", layers) != layers:
        known = {k: v for k, v in known.items() if k not in ("num_hidden_layers", "n_layer")}
        kind = str(config.get("model_type", ""))
        made = AutoConfig.for_model(kind, **known, num_hidden_layers=layers)
    made.use_cache = False
    return made


def _with_branch(base: Any, recipe: Recipe, layers: int) -> Any:
    """Return the model with what the method trains, whether or not this version trains it."""
    if recipe.method == "lora":
        return attach_branch(base, recipe.replace(init="default", start_from=""))
    if recipe.method == "full":
        return base.requires_grad_(True)
    if recipe.method == "last-n":
        for layer in base.base_model.layers[-min(recipe.last_n, layers) :]:
            layer.requires_grad_(True)
        return base
    from peft import get_peft_model  # seconds, and whole weights do without

    return get_peft_model(base, _peft_config(base, recipe))


def _peft_config(base: Any, recipe: Recipe) -> Any:
    from peft import IA3Config, LNTuningConfig, LoraConfig, PrefixTuningConfig, PromptTuningConfig

    task: dict[str, Any] = {"task_type": "CAUSAL_LM"}
    match recipe.method:
        case "dora":
            names = branch_targets(base, recipe)
            return LoraConfig(r=recipe.rank, target_modules=names, use_dora=True, **task)
        case "ia3":
            down = ["down_proj"]
            return IA3Config(
                target_modules=["k_proj", "v_proj", *down], feedforward_modules=down, **task
            )
        case "prompt":
            return PromptTuningConfig(num_virtual_tokens=recipe.virtual_tokens, **task)
        case "prefix":
            return PrefixTuningConfig(num_virtual_tokens=recipe.virtual_tokens, **task)
        case "layernorm":
            norms = {n.rpartition(".")[2] for n, _ in base.named_modules() if n.endswith("norm")}
            return LNTuningConfig(target_modules=sorted(norms), **task)
    raise RecipeError({"method": f"is {recipe.method}, which is not traced"})


def fill_in(base: Any, whole: Any, recipe: Recipe, dtype: torch.dtype) -> None:
    """Give each weight of a meta model a place in (fake) memory, quantised where the recipe says.

    Call it where new tensors are fake ones.
    """
    if recipe.quantization in ("nf4", "fp4"):
        _quantize(base, recipe, dtype)
    made: dict[int, Any] = {}
    kept = []  # an id is only its owner's while the owner is alive
    for module in whole.modules():
        for table in (module._parameters, module._buffers):  # noqa: SLF001 - no other way to tie
            for name, tensor in table.items():
                if tensor is None or tensor.device.type != "meta":
                    continue
                if id(tensor) not in made:
                    kept.append(tensor)
                    made[id(tensor)] = _place(tensor)
                table[name] = made[id(tensor)]
    for name, asked in getattr(whole, "prompt_tokens", {}).items():  # PEFT's, beside the buffers
        whole.prompt_tokens[name] = torch.empty(asked.shape, dtype=asked.dtype)


def _place(tensor: Any) -> Any:
    empty = torch.empty(tensor.shape, dtype=tensor.dtype)
    if isinstance(tensor, torch.nn.Parameter):
        return torch.nn.Parameter(empty, requires_grad=tensor.requires_grad)
    return empty


def _quantize(base: Any, recipe: Recipe, dtype: torch.dtype) -> None:
    head = base.get_output_embeddings()
    for module in list(base.modules()):
        for name, child in list(module.named_children()):
            frozen = isinstance(child, torch.nn.Linear) and not child.weight.requires_grad
            if frozen and child is not head:
                setattr(module, name, _empty_4bit(child, recipe, dtype))


def _empty_4bit(layer: torch.nn.Linear, recipe: Recipe, dtype: torch.dtype) -> Any:
    """Return bitsandbytes' 4-bit layer with empty insides in place of a plain one."""
    made: Any = Linear4bit.__new__(Linear4bit)
    torch.nn.Module.__init__(made)
    made.in_features, made.out_features = layer.in_features, layer.out_features
    made.weight = torch.nn.Parameter(
        torch.empty((layer.weight.numel() // 2, 1), dtype=torch.uint8), requires_grad=False
    )
    made.weight.quant_state = _empty_state(layer, recipe, dtype)
    made.bias = layer.bias
    made.compute_dtype, made.compute_type_is_set = dtype, True
    made.quant_state, made.quant_storage = made.weight.quant_state, torch.uint8
    made.support_avx512bf16_for_cpu = made.enable_optimized_cpu = False
    return made


def _empty_state(layer: torch.nn.Linear, recipe: Recipe, dtype: torch.dtype) -> Any:
    blocks = -(-layer.weight.numel() // _BLOCK)
    common: dict[str, Any] = {
        "shape": layer.weight.shape,
        "dtype": dtype,
        "blocksize": _BLOCK,
        "code": torch.empty(16),
        "quant_type": recipe.quantization,
    }
    if not recipe.double_quant:
        return _State(absmax=torch.empty(blocks), **common)
    nested = _State(
        absmax=torch.empty(-(-blocks // _NESTED_BLOCK)),
        code=torch.empty(256),
        blocksize=_NESTED_BLOCK,
        dtype=torch.float32,
    )
    absmax = torch.empty(blocks, dtype=torch.uint8)
    return _State(absmax=absmax, offset=torch.empty(()), state2=nested, **common)
