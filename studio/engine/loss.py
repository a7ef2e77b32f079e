"""The loss on trained tokens alone: head and cross-entropy in chunks; full logits never exist.

Letters: B rows, T tokens of a row, N trained tokens of a micro-batch, d hidden size, V vocabulary.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from transformers.modeling_outputs import CausalLMOutputWithPast

from studio.core.activations import HEAD_CHUNK_NUMBERS
from studio.core.problems import ModelError
from studio.engine.batches import NOT_TRAINED

_PROBE_TOKENS = 4

Logits = Callable[[torch.Tensor], torch.Tensor]
"""Turns hidden states (n, d) into logits (n, V)."""


Told = dict[int, torch.Tensor]
"""The losses of the single tokens, by the number of their chunk; each (n,), in nats."""
Tap = Callable[[torch.Tensor, torch.Tensor], None]
"""Is told the losses of a micro-batch's trained tokens (N,), and where they stand (B, T - 1)."""


def train_on_supervised_tokens(model: Any, tap: Tap | None = None) -> None:
    """Make a causal language model's own forward return the loss of its trained tokens.

    With labels, forward returns the loss and no logits: the sum over trained tokens divided by
    ``num_items_in_batch`` (default: their number). Without labels it is as it was. The change is
    on this instance, inside whatever wraps it, so that every kind of wrapper sees one forward.

    Args:
        model: the ``...ForCausalLM`` itself, not a wrapper around it.
        tap: told the losses of each forward in training mode; they are made anyhow.

    Raises:
        ModelError: the model computes its logits in a way that is not known here.
    """
    head = _head_of(model)
    _check_head(model, head)
    original = model.forward

    def forward(self: Any, *args: Any, labels: Any = None, **kwargs: Any) -> Any:
        if labels is None:
            return original(*args, **kwargs)
        items = kwargs.pop("num_items_in_batch", None)
        asked = {name: value for name, value in kwargs.items() if value is not None}
        targets = labels[:, 1:]
        chosen = targets != NOT_TRAINED
        settings = asked | {"use_cache": False, "return_dict": True}
        # In one expression: a name would keep the other tokens' states while the loss is made
        hidden = self.base_model(*args, **settings).last_hidden_state[:, :-1][chosen]
        told: Told = {}
        loss = chunked_loss(head, hidden, targets[chosen], _trainable(self), told)
        if tap is not None and self.training and told:
            tap(torch.cat([told[i] for i in sorted(told)]), chosen)
        loss = loss / (chosen.sum() if items is None else items)
        return CausalLMOutputWithPast(loss=loss)

    model.forward = types.MethodType(forward, model)


def chunked_loss(
    head: Logits,
    hidden: torch.Tensor,
    targets: torch.Tensor,
    head_trains: bool,
    told: Told | None = None,
) -> torch.Tensor:
    """Return the summed cross-entropy in nats, computed in chunks of tokens, in fp32.

    Args:
        head: hidden states to logits.
        hidden: of the trained tokens, (N, d).
        targets: the token ids that should follow, (N,).
        head_trains: whether the head's own weights are trained.
        told: is given the losses of the single tokens, where there is a gradient.
    """
    if head_trains:
        chunks = _chunks(hidden, targets, head)
        return sum(
            (
                torch.utils.checkpoint.checkpoint(
                    _told_loss, head, *c, told, i, use_reentrant=False
                )
                for i, c in enumerate(chunks)
            ),
            hidden.new_zeros((), dtype=torch.float32),
        )
    loss: torch.Tensor = _FrozenHeadLoss.apply(hidden, targets, head, told)  # type: ignore[no-untyped-call]
    return loss


class _FrozenHeadLoss(torch.autograd.Function):
    """Summed cross-entropy through a head without trained weights.

    The gradient of the hidden states is made along with each chunk's loss, while its logits
    exist; so the head runs forward and backward once each, and no logits are kept or made again.
    """

    @staticmethod
    def forward(
        ctx: Any, hidden: torch.Tensor, targets: torch.Tensor, head: Logits, told: Told | None
    ) -> torch.Tensor:
        total = hidden.new_zeros((), dtype=torch.float32)
        gradient = torch.empty_like(hidden) if hidden.requires_grad else None
        start = 0
        for i, (part, target) in enumerate(_chunks(hidden, targets, head)):
            stop = start + len(part)
            if gradient is None:
                total += _summed_loss(head, part, target)
            else:
                with torch.enable_grad():
                    leaf = part.detach().requires_grad_()
                    logits = head(leaf)
                losses, slope = _losses_and_slope(logits.detach(), target)
                (gradient[start:stop],) = torch.autograd.grad(logits, leaf, slope)
                total += losses.sum()
                if told is not None:
                    told[i] = losses
            start = stop
        ctx.save_for_backward(gradient)
        return total

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor | None, None, None, None]:
        (gradient,) = ctx.saved_tensors
        return (gradient * grads[0].to(gradient.dtype), None, None, None)


def _summed_loss(head: Logits, hidden: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return F.cross_entropy(head(hidden).float(), targets, reduction="sum")


def _told_loss(
    head: Logits, hidden: torch.Tensor, targets: torch.Tensor, told: Told | None, number: int
) -> torch.Tensor:
    """Return the summed cross-entropy of a chunk, and tell its tokens' losses; may run twice."""
    losses = F.cross_entropy(head(hidden).float(), targets, reduction="none")
    if told is not None:
        told[number] = losses.detach()
    return losses.sum()


def _losses_and_slope(
    logits: torch.Tensor, targets: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return each token's cross-entropy, and the slope of their sum by the logits, as they are.

    Softmax is made once for both: its largest entry, which is at least 1/V, gives the logarithm of
    its denominator without a second pass over the exponentials.
    """
    scores = logits.float()
    highest, where = scores.max(-1)
    chosen = scores.gather(-1, targets[:, None])[:, 0]
    slope = torch.softmax(scores, -1)
    log_total = highest - slope.gather(-1, where[:, None])[:, 0].log()
    slope.scatter_add_(-1, targets[:, None], slope.new_full((len(targets), 1), -1.0))
    return log_total - chosen, slope.to(logits.dtype)


def _chunks(
    hidden: torch.Tensor, targets: torch.Tensor, head: Logits
) -> list[tuple[torch.Tensor, torch.Tensor]]:
    size = max(1, HEAD_CHUNK_NUMBERS // int(getattr(head, "vocabulary", 1 << 16)))
    return list(zip(hidden.split(size), targets.split(size), strict=True))


class Head:
    """The output layer, with what some families do to its logits."""

    def __init__(self, model: Any) -> None:
        config = model.config.get_text_config()
        self.layer = model.get_output_embeddings()
        self.vocabulary = int(config.vocab_size)
        self._cap = getattr(config, "final_logit_softcapping", None)
        # Cohere multiplies by logit_scale, Granite divides by logits_scaling
        scale = getattr(config, "logit_scale", None) or 1.0
        self._scale = float(scale) / float(getattr(config, "logits_scaling", None) or 1.0)

    def __call__(self, hidden: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.layer(hidden)
        if self._scale != 1.0:
            logits = logits * self._scale
        return torch.tanh(logits / self._cap) * self._cap if self._cap else logits


def _head_of(model: Any) -> Head:
    if model.get_output_embeddings() is None or model.base_model is model:
        raise ModelError(
            f"The model {type(model).__name__} has no output layer that could be trained.",
            "Choose a language model for text.",
        )
    return Head(model)


def _check_head(model: Any, head: Head) -> None:
    """Prove on a few tokens that hidden states and head give the logits of the model itself."""
    device = model.get_input_embeddings().weight.device
    ids = torch.arange(1, _PROBE_TOKENS + 1, device=device)[None] % head.vocabulary
    was_training = model.training
    model.eval()
    with torch.no_grad():
        expected = model(input_ids=ids, use_cache=False).logits[0].float()
        hidden = model.base_model(input_ids=ids, use_cache=False).last_hidden_state[0]
        found = head(hidden).float()
    model.train(was_training)
    scale = expected.abs().max().clamp(min=1.0)
    if found.shape != expected.shape or not torch.all((found - expected).abs() <= 0.02 * scale):
        raise ModelError(
            f"The model {type(model).__name__} makes its logits in a way that is not known here.",
            "Choose a model of another family.",
        )


def _trainable(model: Any) -> bool:
    return any(p.requires_grad for p in model.get_output_embeddings().parameters())
