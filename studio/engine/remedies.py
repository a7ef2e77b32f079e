"""What holds a model near its start while it learns: L2, EWC, KL to the base, slower early layers.

Penalties are added to the gradients of a step after those of its rows, so that the loss that is
told stays the loss of the rows.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from studio.core.guardplan import GuardPlan
from studio.engine.answerstates import AnswerStates, quiet
from studio.engine.proberows import Block, block_of, row_asked
from studio.engine.rowsfile import TokenRow

FISHER = "fisher.safetensors"
"""In a checkpoint: by how much general answers depend on each trained weight."""
MOST_CACHED = 256 << 20
"""Bytes of the base's states on general rows that are kept between steps."""
_LAYER = re.compile(r"\.(?:layers|h|blocks?)\.(\d+)\.")


class Remedies:
    """Adds to each step of one run what keeps it from forgetting.

    Args:
        plan: the recipe's ``[guard]``.
        model: the model as it is trained, with the weights that the run starts from.
        general: general rows, for EWC and KL, which do nothing without one.
        pad_id: what fills a batch.
        seed: of the run; which general rows a step takes is a function of it and the step.
        fisher_step: steps done before EWC looks how general answers depend on the weights: at the
            start a LoRA branch is zero, and so is every dependence on half of its weights.
    """

    def __init__(
        self,
        plan: GuardPlan,
        model: Any,
        general: Sequence[TokenRow],
        *,
        pad_id: int,
        seed: int,
        fisher_step: int,
    ) -> None:
        self._plan, self._seed, self._pad_id = plan, seed, pad_id
        self._fisher_step = fisher_step
        self._learning = {n: w for n, w in model.named_parameters() if w.requires_grad}
        self._start: dict[str, torch.Tensor] = {}
        if plan.l2 or plan.ewc:
            self._start = {n: w.detach().clone() for n, w in self._learning.items()}
        self._answers = AnswerStates(model)
        self._rows = [block_of([row_asked(row)], pad_id) for row in general]
        """Each general row by itself."""
        self._base: dict[int, torch.Tensor] = {}
        self._cached = 0
        self.fisher: dict[str, torch.Tensor] = {}

    def begin_step(self, step: int) -> None:
        """Get ready for the step after so many are done; no gradient may be there yet."""
        wanted = self._plan.ewc and self._rows and not self.fisher
        if wanted and step >= self._fisher_step:
            self.fisher = self._measured_fisher()

    def add_gradients(self, step: int, scale: float = 1.0) -> None:
        """Add the penalties' gradients to those of the rows; once a step, after its last rows.

        Args:
            step: steps done before this one.
            scale: what the gradients of the rows are multiplied by (fp16).
        """
        if self._plan.kl and self._rows:
            self._add_kl(step, scale)
        for name, start in self._start.items():
            weight = self._learning[name]
            if weight.grad is None:
                continue
            away = weight.detach() - start
            pull = self._plan.l2 * away
            if self.fisher:
                pull += self._plan.ewc * self.fisher[name] * away
            weight.grad += (scale * pull).to(weight.grad.dtype)

    def save(self, folder: Path) -> None:
        """Write what a resumed run cannot find again into a checkpoint's folder."""
        if self.fisher:
            held = {name: values.contiguous().cpu() for name, values in self.fisher.items()}
            save_file(held, folder / FISHER)

    def restore(self, checkpoint: Path) -> None:
        """Take over what a checkpoint holds."""
        path = checkpoint / FISHER
        if path.is_file():
            held = load_file(path)
            self.fisher = {n: held[n].to(w.device) for n, w in self._learning.items()}

    def _measured_fisher(self) -> dict[str, torch.Tensor]:
        """Return the squared gradient of each general answer's log-probability, as a mean over rows.

        It is divided by its mean over all weights, so that EWC pulls as hard as L2 does on the
        average weight, whatever the model's size.

        Source: Kirkpatrick et al., arXiv 1612.00796, section 2; the answers are those of the rows.
        """
        answers = self._answers
        names, weights = list(self._learning), list(self._learning.values())
        sums = [torch.zeros_like(weight, dtype=torch.float32) for weight in weights]
        rows = self._some(self._plan.fisher_rows, 0)
        with quiet(answers.model):
            for row in rows:
                loss = self._loss(self._rows[row])
                found = torch.autograd.grad(loss, weights, allow_unused=True)
                for total, slope in zip(sums, found, strict=True):
                    if slope is not None:
                        total += slope.float() ** 2
        mean = sum(float(total.sum()) for total in sums) / sum(total.numel() for total in sums)
        return {name: total / max(mean, 1e-30) for name, total in zip(names, sums, strict=True)}

    def _loss(self, block: Block) -> torch.Tensor:
        """Return the summed loss of a general row's answer, in nats."""
        answers = self._answers
        states, targets = answers.of(block), block.asked[0].targets
        total = states.new_zeros((), dtype=torch.float32)
        targets = targets.to(states.device)
        for state, target in _pieces(states, targets, answers.chunk):
            total = total + torch.utils.checkpoint.checkpoint(
                _summed, answers.scores, state, target, use_reentrant=False
            )
        return total

    def _add_kl(self, step: int, scale: float) -> None:
        """Add the gradient of KL(base ‖ model) on some general answers, a mean over their tokens."""
        answers, rows = self._answers, self._some(self._plan.kl_rows, step)
        block = block_of([self._rows[row].asked[0] for row in rows], self._pad_id)
        base = torch.cat([self._base_states(row) for row in rows])
        states = answers.of(block)
        total = states.new_zeros((), dtype=torch.float32)
        for state, before in _pieces(states, base, answers.chunk):
            total = total + torch.utils.checkpoint.checkpoint(
                _apart, answers.scores, state, before, use_reentrant=False
            )
        (self._plan.kl * scale / len(states) * total).backward()

    def _base_states(self, row: int) -> torch.Tensor:
        if row in self._base:
            return self._base[row]
        found = self._answers.of_base(self._rows[row])
        size = found.numel() * found.element_size()
        if self._cached + size <= MOST_CACHED:
            self._base[row], self._cached = found, self._cached + size
        return found

    def _some(self, many: int, step: int) -> list[int]:
        """Return the general rows of a step: all of them in turn, in an order that changes."""
        there = len(self._rows)
        chosen = []
        for at in range(step * many, step * many + min(many, there)):
            turn, place = divmod(at, there)
            order = list(range(there))
            random.Random(f"{self._seed}:{turn}").shuffle(order)
            chosen.append(order[place])
        return chosen


def slower_below(optimizer: Any, model: Any, decay: float) -> None:
    """Give each layer's weights the rate of the layer above times the decay; the top keeps its own.

    Source: Howard and Ruder, arXiv 1801.06146, section 3.2, discriminative fine-tuning.

    Args:
        optimizer: before its first step.
        model: whose layers are numbered in the names of its weights.
        decay: above 0, up to 1.
    """
    found = {id(w): _LAYER.search(name) for name, w in model.named_parameters()}
    layers = {key: int(match[1]) for key, match in found.items() if match}
    top = max(layers.values(), default=0)
    groups = []
    for group in optimizer.param_groups:
        by_layer: dict[int, list[Any]] = {}
        for weight in group["params"]:
            by_layer.setdefault(layers.get(id(weight), top), []).append(weight)
        for layer, weights in by_layer.items():
            rate = group["lr"] * decay ** (top - layer)
            groups.append({**group, "params": weights, "lr": rate})
    # The first group's rate is the one that is told, and it is the highest
    optimizer.param_groups[:] = sorted(groups, key=lambda group: -group["lr"])


def _pieces(states: torch.Tensor, others: torch.Tensor, size: int) -> Any:
    return zip(states.split(size), others.split(size), strict=True)


def _summed(scores: Any, states: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.cross_entropy(scores(states), targets, reduction="sum")


def _apart(scores: Any, states: torch.Tensor, base: torch.Tensor) -> torch.Tensor:
    before = torch.log_softmax(scores(base), -1)
    now = torch.log_softmax(scores(states), -1)
    return (before.exp() * (before - now)).sum()
