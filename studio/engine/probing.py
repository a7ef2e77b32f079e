"""Measures how a model answers general questions: loss, right answers, and drift from its base.

The base's own states on the answers are kept, so that an evaluation costs one forward.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from studio.engine.answerstates import AnswerStates, quiet
from studio.engine.baseanswers import BaseAnswers
from studio.engine.proberows import Block

Floats = npt.NDArray[np.float64]
Found = tuple[float, float, float]
"""Of one answer: loss and drift in nats, summed over its tokens, and whether it was right."""
MOST_STORED = 256 << 20
"""Bytes of the base's own logits that are kept where its head is trained, and so changes."""


@dataclass(frozen=True, slots=True)
class Answers:
    """How a model answered questions; all arrays are (questions,).

    Attributes:
        names: of the probes.
        tags: what each is about.
        tokens: of each answer.
        loss: summed over the answer's tokens, in nats.
        drift: divergence from the base, summed over the answer's tokens, in nats.
        right: 1 if it goes on with the right answer wherever a wrong one parts from it, 0 if not,
            NaN if the probe has no wrong answers.
    """

    names: tuple[str, ...]
    tags: tuple[str, ...]
    tokens: Floats
    loss: Floats
    drift: Floats
    right: Floats


class Prober:
    """Asks a model general questions; knows how its base answers them.

    Args:
        model: the model as it is trained, with the base inside it.
        head_trains: whether the output layer's own weights are trained.
        known: what the base made of the questions in earlier runs.
    """

    def __init__(
        self, model: Any, *, head_trains: bool = False, known: BaseAnswers | None = None
    ) -> None:
        self._answers = AnswerStates(model)
        self._known = known
        self.base_seconds = 0.0
        """What asking the base has taken here; nothing where an earlier run had asked it."""
        self._stores_logits = head_trains
        self._stored = 0
        self._blocks: list[Block] = []
        self._base: list[torch.Tensor] = []
        self._base_found: list[Found] = []

    @property
    def asked(self) -> list[str]:
        """Names of the questions that the base has answered, which are those that are measured."""
        return [one.name for block in self._blocks for one in block.asked]

    @property
    def full(self) -> bool:
        """Whether no more of the base's answers can be kept."""
        return self._stores_logits and self._stored >= MOST_STORED

    @property
    def base(self) -> Answers:
        """How the base answered."""
        return self._gathered(self._base_found)

    def meet_base(self, block: Block) -> float:
        """Ask the base; the block is measured from now on. Its weights must be the base's.

        All blocks must have one beginning.

        Returns:
            Seconds that the base took, in an earlier run if that is where its answers come from.
        """
        states, seconds = self._of_base(block)
        with torch.no_grad():
            kept = self._logits(block, states) if self._stores_logits else states
            self._base_found += self._judged(block, states, kept)
        self._stored += kept.numel() * kept.element_size()
        self._blocks.append(block)
        self._base.append(kept)
        return seconds

    def _of_base(self, block: Block) -> tuple[torch.Tensor, float]:
        """Return the base's states on a block, and the seconds that they took when it was asked."""
        found = self._known.find(block) if self._known is not None else None
        if found is not None:
            return found[0].to(self._answers.device), found[1]
        start = time.monotonic()
        states = self._answers.of_base(block)
        seconds = time.monotonic() - start
        self.base_seconds += seconds
        if self._known is not None:
            self._known.keep(block, states, seconds)
        return states, seconds

    def measure(self, *, base: bool = False) -> Answers:
        """Ask the model as it stands, or its base again.

        Draws no chance and leaves nothing behind, so that training goes on as if it had not been.
        """
        found: list[Found] = []
        answers = self._answers
        with torch.no_grad(), quiet(answers.model):
            begun = answers.begun(self._blocks[0].beginning) if self._blocks and not base else None
            for block, kept in zip(self._blocks, self._base, strict=True):
                states = answers.of_base(block) if base else answers.of(block, begun)
                found += self._judged(block, states, kept)
        return self._gathered(found)

    def _gathered(self, found: list[Found]) -> Answers:
        asked = [one for block in self._blocks for one in block.asked]
        columns = np.array(found, np.float64).reshape(len(asked), 3)
        return Answers(
            tuple(one.name for one in asked),
            tuple(one.tag for one in asked),
            np.array([one.tokens for one in asked], np.float64),
            columns[:, 0],
            columns[:, 1],
            columns[:, 2],
        )

    def _logits(self, block: Block, states: torch.Tensor) -> torch.Tensor:
        """Return the logits of all answers, (N, V), computed in the pieces that are compared."""
        each = states.split([one.tokens for one in block.asked])
        pieces = (piece for mine in each for piece in mine.split(self._answers.chunk))
        return torch.cat([self._answers.scores(piece) for piece in pieces])

    def _judged(self, block: Block, states: torch.Tensor, kept: torch.Tensor) -> Iterator[Found]:
        start = 0
        for one in block.asked:
            mine = slice(start, start + one.tokens)
            start += one.tokens
            targets = one.targets.to(states.device)
            loss, drift = self._compared(states[mine], kept[mine], targets)
            yield loss, drift, self._right(states[mine], one.rivals)

    def _compared(
        self, states: torch.Tensor, kept: torch.Tensor, targets: torch.Tensor
    ) -> tuple[float, float]:
        """Return loss and KL(model ‖ base), both summed over an answer's tokens, in nats."""
        loss = drift = 0.0
        size = self._answers.chunk
        pieces = zip(states.split(size), kept.split(size), targets.split(size), strict=True)
        for state, before, target in pieces:
            mine = torch.log_softmax(self._answers.scores(state), -1)
            base = before if self._stores_logits else self._answers.scores(before)
            base = torch.log_softmax(base, -1)
            loss -= float(mine.gather(-1, target[:, None]).double().sum())
            drift += float((mine.exp() * (mine - base)).double().sum())
        return loss, drift

    def _right(self, states: torch.Tensor, rivals: Sequence[tuple[int, int, int]]) -> float:
        if not rivals:
            return float("nan")
        scores = self._answers.scores(states[[at for at, _, _ in rivals]])
        return float(
            all(bool(score[a] > score[b]) for score, (_, a, b) in zip(scores, rivals, strict=True))
        )
