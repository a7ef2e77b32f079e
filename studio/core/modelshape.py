"""A decoder's dimensions from its ``config.json``, and how many weights that makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studio.core.problems import ModelError

FAMILIES = (
    "llama",
    "mistral",
    "qwen2",
    "qwen3",
    "gemma",
    "gemma2",
    "gemma3_text",
    "phi3",
    "smollm3",
    "olmo2",
    "granite",
)
"""Values of model_type that can be trained: dense decoders with a gated MLP."""
EXPERT_FAMILIES = ("mixtral", "qwen3_moe", "olmoe")
"""Mixtures of experts: their memory is estimated, and they cannot be trained yet."""
PLAIN_FAMILIES = {
    "starcoder2": ("o_proj", "c_fc", "c_proj"),
    "phi": ("dense", "fc1", "fc2"),
}
"""Decoders whose MLP has no gate, estimated alike: what their other layers are called."""
_FUSED_FAMILIES = frozenset({"phi3"})
_TIED_BY_DEFAULT = frozenset({"gemma", "gemma2", "gemma3_text"})
_FOUR_NORMS = frozenset({"gemma2", "gemma3_text"})
_QK_NORMS = frozenset({"qwen3", "qwen3_moe", "gemma3_text", "olmo2", "olmoe"})
_WINDOWS = {"gemma2": 4096, "gemma3_text": 4096}
_FULL_EVERY = {"gemma2": 2, "gemma3_text": 6}
_QKV_BIAS = frozenset({"qwen2"})
MAX_DIMENSION = 1 << 24
"""Larger than any dimension of any model; a bigger number is a broken or hostile file."""


@dataclass(frozen=True, slots=True)
class Linear:
    """A kind of linear layer that every decoder layer has one of."""

    name: str
    rows_in: int
    rows_out: int

    @property
    def weights(self) -> int:
        """Number of weights."""
        return self.rows_in * self.rows_out


@dataclass(frozen=True, slots=True)
class ModelShape:
    """A decoder's dimensions; enough to count its weights and activations.

    Attributes:
        intermediate: width of the gated MLP.
        tied: the head is the embedding and takes no memory of its own.
        context: longest sequence the model was made for, in tokens; 0 if it is not said.
        family: the model_type.
        layer_extra: weights of one layer that are no matrix: norms and biases.
        window: tokens that layers with a sliding window look back at; 0 if none has one.
        full_every: of so many layers one looks at all tokens; 0 if all have the window.
        experts: MLPs of a layer among which each token chooses; 0 for one MLP for all.
        chosen: experts that a token visits.
        expert_width: width of an expert.
    """

    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    intermediate: int
    vocab: int
    tied: bool
    context: int = 0
    family: str = "llama"
    layer_extra: int = 0
    window: int = 0
    full_every: int = 0
    experts: int = 0
    chosen: int = 0
    expert_width: int = 0

    @property
    def query(self) -> int:
        """Width of all query heads together."""
        return self.heads * self.head_dim

    @property
    def keys(self) -> int:
        """Width of all key heads together; the values are as wide."""
        return self.kv_heads * self.head_dim

    @property
    def norms(self) -> int:
        """Norms of one decoder layer over the hidden states."""
        return 4 if self.family in _FOUR_NORMS else 2

    @property
    def qk_norms(self) -> bool:
        """Whether queries and keys are normed, too."""
        return self.family in _QK_NORMS

    @property
    def gated(self) -> bool:
        """Whether the MLP has a gate beside its other half."""
        return self.family not in PLAIN_FAMILIES

    @property
    def qk_norm_weights(self) -> int:
        """Weights of one layer's norms over queries and keys."""
        if not self.qk_norms:
            return 0
        spans_heads = self.family in ("olmo2", "olmoe")
        return self.query + self.keys if spans_heads else 2 * self.head_dim

    @property
    def expert_weights(self) -> int:
        """Weights of one layer's experts and of what chooses among them; never quantised."""
        return self.experts * self.hidden * (3 * self.expert_width + 1)

    @property
    def eager(self) -> bool:
        """Whether attention needs all its scores at once: Gemma 2 caps them."""
        return self.family == "gemma2"

    @property
    def fused(self) -> bool:
        """Whether queries, keys and values are one layer, and so are the MLP's two halves."""
        return self.family in _FUSED_FAMILIES

    @property
    def windowed_layers(self) -> int:
        """How many layers look at no more than a window of the tokens before."""
        if not self.window:
            return 0
        return self.layers - self.layers // self.full_every if self.full_every else self.layers

    @property
    def linears(self) -> tuple[Linear, ...]:
        """The linear layers of one decoder layer, as the family stores them."""
        h, q, k, i = self.hidden, self.query, self.keys, self.intermediate
        if self.family in _FUSED_FAMILIES:
            return (
                Linear("qkv_proj", h, q + 2 * k),
                Linear("o_proj", q, h),
                Linear("gate_up_proj", h, 2 * i),
                Linear("down_proj", i, h),
            )
        attention = (Linear("q_proj", h, q), Linear("k_proj", h, k), Linear("v_proj", h, k))
        if self.experts:
            return (*attention, Linear("o_proj", q, h))
        if not self.gated:
            out, up, down = PLAIN_FAMILIES[self.family]
            return (*attention, Linear(out, q, h), Linear(up, h, i), Linear(down, i, h))
        return (
            *attention,
            Linear("o_proj", q, h),
            Linear("gate_proj", h, i),
            Linear("up_proj", h, i),
            Linear("down_proj", i, h),
        )

    @property
    def linear_weights(self) -> int:
        """Weights of all linear layers, which is what is quantised."""
        return self.layers * sum(linear.weights for linear in self.linears)

    @property
    def other_weights(self) -> int:
        """Embeddings, a head that is not tied to them, norms, biases and experts."""
        embeddings = self.vocab * self.hidden * (1 if self.tied else 2)
        return embeddings + self.layers * (self.layer_extra + self.expert_weights) + self.hidden

    @property
    def parameters(self) -> int:
        """All weights."""
        return self.linear_weights + self.other_weights


def shape_from_config(config: Mapping[str, Any]) -> ModelShape:
    """Read a model's dimensions from the object in its ``config.json``.

    Raises:
        ModelError: a dimension is missing or cannot be.
    """
    hidden, heads = _number(config, "hidden_size"), _number(config, "num_attention_heads")
    kv_heads = _number(config, "num_key_value_heads", heads)
    head_dim = _number(config, "head_dim", max(hidden // heads, 1))
    family = str(config.get("model_type", ""))
    if heads % kv_heads:
        raise _broken(f"{heads} query heads cannot share {kv_heads} key heads")
    intermediate = _number(config, "intermediate_size")
    return ModelShape(
        hidden=hidden,
        layers=_number(config, "num_hidden_layers"),
        heads=heads,
        kv_heads=kv_heads,
        head_dim=head_dim,
        intermediate=intermediate,
        vocab=_number(config, "vocab_size"),
        tied=bool(config.get("tie_word_embeddings", family in _TIED_BY_DEFAULT)),
        context=_number(config, "max_position_embeddings", 0),
        family=family,
        layer_extra=_layer_extra(config, family, hidden, heads, kv_heads, head_dim, intermediate),
        window=_window(config, family),
        full_every=_number(config, "sliding_window_pattern", _FULL_EVERY.get(family, 0)) or 0,
        **_experts(config, family, intermediate),
    )


def _experts(config: Mapping[str, Any], family: str, intermediate: int) -> dict[str, int]:
    """Return the experts of a mixture as families name them; nothing for other families."""
    if family not in EXPERT_FAMILIES:
        return {}
    name = next((n for n in ("num_local_experts", "num_experts") if n in config), "num_experts")
    return {
        "experts": _number(config, name),
        "chosen": _number(config, "num_experts_per_tok"),
        "expert_width": _number(config, "moe_intermediate_size", intermediate),
    }


def _window(config: Mapping[str, Any], family: str) -> int:
    """Return the sliding window as transformers understands the config; 0 for none."""
    if family in ("qwen2", "qwen3") and not config.get("use_sliding_window", False):
        return 0
    return _number(config, "sliding_window", _WINDOWS.get(family, 0))


def _layer_extra(
    config: Mapping[str, Any],
    family: str,
    hidden: int,
    heads: int,
    kv_heads: int,
    head_dim: int,
    intermediate: int,
) -> int:
    """Return the weights of one layer's norms and biases, as transformers' models have them."""
    norms = (4 if family in _FOUR_NORMS else 2) * hidden
    if family in ("olmo2", "olmoe"):  # their query and key norms span all heads
        norms += (heads + kv_heads) * head_dim
    elif family in _QK_NORMS:
        norms += 2 * head_dim
    biases = 0
    if family in PLAIN_FAMILIES:  # their norms and linear layers have biases, all of them
        biases += norms + (heads + 2 * kv_heads) * head_dim + hidden + intermediate + hidden
    if family in _QKV_BIAS or config.get("attention_bias"):
        biases += (heads + 2 * kv_heads) * head_dim
    if config.get("attention_bias"):
        biases += hidden
    if config.get("mlp_bias"):
        biases += 2 * intermediate + hidden
    return norms + biases


def _number(config: Mapping[str, Any], name: str, default: int | None = None) -> int:
    value = config.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, int) or isinstance(value, bool):
        raise _broken(f"{name} is {value!r:.40}, not a whole number")
    if not 1 <= value <= MAX_DIMENSION:
        raise _broken(f"{name} is {value}, which cannot be")
    return value


def _broken(why: str) -> ModelError:
    return ModelError(
        f"The model's config.json cannot be used: {why}.",
        "Fetch the model again, or choose another one.",
    )
