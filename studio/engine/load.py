"""Loads a base model for training: device, precision and quantisation as asked, or an error."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, BitsAndBytesConfig
from transformers.utils.logging import disable_progress_bar

from studio.core.problems import ModelError, RecipeError
from studio.core.recipe import Recipe
from studio.engine.attention import attention_for
from studio.engine.loadreport import log_told
from studio.machine.modelgate import check_model_files

_DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}


@dataclass(frozen=True, slots=True)
class Base:
    """A base model in memory, and what it really is.

    Attributes:
        model: the causal language model; its weights are frozen.
        device: "cuda:0", that of another card, or "cpu".
        device_title: with the name of the card or processor.
        precision: bf16, fp16 or fp32.
        quantization: nf4, fp4, int8 or none.
    """

    model: Any
    device: str
    device_title: str
    precision: str
    quantization: str


def load_base(folder: Path, recipe: Recipe) -> Base:
    """Load the base model of a recipe from its folder: safetensors only, no code, no network.

    Raises:
        ModelError: the folder cannot be used, or its layers did not come out quantised.
        RecipeError: the device or the precision is not to be had here.
    """
    config = check_model_files(folder)
    device = choose_device(recipe.device, recipe.card)
    precision = choose_precision(recipe.precision, device)
    disable_progress_bar()
    try:
        with log_told():
            model = AutoModelForCausalLM.from_pretrained(
                folder,
                dtype=_DTYPES[precision],
                quantization_config=_quantization(recipe, _DTYPES[precision]),
                device_map={"": device} if device != "cpu" else None,
                attn_implementation=attention_for(config, device),
                local_files_only=True,
                use_safetensors=True,
            )
    except (OSError, ValueError, ImportError, KeyError) as err:
        raise ModelError(
            f"The model {folder.name} cannot be loaded: {str(err).splitlines()[0]}",
            "Fetch it again, or choose another model.",
        ) from err
    model.config.use_cache = False
    model.requires_grad_(False)
    _check_quantized(model, recipe.quantization)
    keep_gradients_on_cpu(model)
    if device == "cpu" and recipe.quantization != "none":
        let_files_go(model)
    return Base(model, device, _title(device), precision, recipe.quantization)


def choose_device(wanted: str, card: int = 0) -> str:
    """Return the torch device for a recipe's device setting; a card becomes torch's current one.

    Args:
        wanted: auto, cuda or cpu.
        card: which of several cards, in the order of their places on the bus.

    Raises:
        RecipeError: a card is asked for and there is none that torch can use.
    """
    if wanted == "cpu" or (wanted == "auto" and not torch.cuda.is_available()):
        return "cpu"
    if not torch.cuda.is_available():
        raise RecipeError(
            {"device": "is cuda, and torch finds no card"},
            "Choose auto or cpu, or run graft-studio doctor to see why.",
        )
    if card >= (many := torch.cuda.device_count()):
        raise RecipeError(
            {"card": f"is {card}, and torch finds {many} {'cards' if many > 1 else 'card'}"},
            "Choose a card that is there; they count from 0.",
        )
    torch.cuda.set_device(card)  # peaks and free memory are asked of the current one
    return f"cuda:{card}"


def choose_precision(wanted: str, device: str) -> str:
    """Return the precision that steps are computed in; auto takes the fastest safe one.

    Raises:
        RecipeError: fp16 is asked for on a CPU.
    """
    if wanted == "fp16" and device == "cpu":
        raise RecipeError({"precision": "is fp16, which a CPU cannot train in"}, "Choose auto.")
    if wanted != "auto":
        return wanted
    if device != "cpu":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    able = torch.cpu.get_capabilities()
    return "bf16" if able.get("avx512_bf16") or able.get("amx_bf16") else "fp32"


def keep_gradients_on_cpu(model: torch.nn.Module) -> None:
    """Keep 4-bit layers in the packing that has gradients.

    On CPUs with AVX512-BF16, bitsandbytes repacks each 4-bit layer at its first forward without
    gradient, an evaluation say; after that every backward silently loses what flows through the
    base. A process that trains must not let it.
    """
    for layer in linear4bit_layers(model):
        layer.support_avx512bf16_for_cpu = False


def let_files_go(model: torch.nn.Module) -> None:
    """Copy what a quantised model still reads from its mapped files, so that they are unmapped.

    Embeddings and norms are used where the file is mapped. One of them keeps the whole file among
    what is resident, though most of it was quantised and is never read again.
    """
    for tensor in itertools.chain(model.parameters(), model.buffers()):
        if tensor.is_floating_point():
            tensor.data = tensor.data.clone()


def linear4bit_layers(model: torch.nn.Module) -> list[Any]:
    """Return the model's 4-bit layers."""
    from bitsandbytes.nn.modules import Linear4bit  # two seconds, which not all who import need

    return [layer for layer in model.modules() if isinstance(layer, Linear4bit)]


def _quantization(recipe: Recipe, dtype: torch.dtype) -> Any:
    if recipe.quantization == "none":
        return None
    if recipe.quantization == "int8":
        return BitsAndBytesConfig(load_in_8bit=True)
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type=recipe.quantization,
        bnb_4bit_use_double_quant=recipe.double_quant,
        bnb_4bit_compute_dtype=dtype,
    )


def _check_quantized(model: Any, wanted: str) -> None:
    """Refuse a model whose layers are not what was asked: nothing falls back in silence."""
    from bitsandbytes.nn.modules import Linear4bit, Linear8bitLt

    kinds: dict[str, Any] = {"nf4": Linear4bit, "fp4": Linear4bit, "int8": Linear8bitLt}
    found: list[Any] = [
        layer for layer in model.modules() if isinstance(layer, tuple(set(kinds.values())))
    ]
    right = [layer for layer in found if wanted in kinds and isinstance(layer, kinds[wanted])]
    if wanted in ("nf4", "fp4"):
        right = [layer for layer in right if layer.weight.quant_type == wanted]
    if len(right) != len(found) or bool(found) != (wanted != "none"):
        have = "none of its layers is quantised" if not found else "it is stored in another way"
        raise ModelError(
            f"The model should be loaded as {wanted}, but {have}.",
            "Choose another quantization, or the model's original weights.",
        )


def _title(device: str) -> str:
    if device != "cpu":
        return f"{device} {torch.cuda.get_device_name(device)}"
    return f"cpu {torch.cpu.get_capabilities().get('cpu_name', '')}".strip()
