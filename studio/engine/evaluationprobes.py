"""The general questions beside an evaluation: what a column still knows of everything else.

Letters: B questions, T tokens of the longest, N tokens of all answers, d hidden size, V vocabulary.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F

from studio.core.evaluation import BASE, Gain, Score
from studio.core.metrics.resample import Resamples, mean_of, ratio_of
from studio.data.writtenanswers import WrittenAnswers
from studio.engine.evaluationkeys import Keys
from studio.engine.evaluationpace import Pace
from studio.engine.loss import Head
from studio.engine.proberows import Asked, Block, blocks_of

ACCURACY, LOSS = "general_accuracy", "general_loss"
Numbers = tuple[dict[str, Score], dict[str, Gain]]


@dataclass(frozen=True, slots=True)
class Known:
    """What a column makes of one question.

    Attributes:
        nats: of the right answer.
        tokens: it has.
        right: 1 if the right answer is likelier than each wrong one, else 0; None if there is
            no wrong one.
    """

    nats: float
    tokens: int
    right: float | None


class ProbeWork:
    """The general questions of one column, as far as they are not answered yet."""

    def __init__(
        self,
        asked: Sequence[Asked],
        keys: Keys,
        written: WrittenAnswers,
        pace: Pace,
        stopped: Callable[[], bool],
    ) -> None:
        self._asked, self._written, self._pace, self._stopped = asked, written, pace, stopped
        self._keys = {one.name: keys.probe(one.ids.tolist(), one.start) for one in asked}
        every = [f"{key}{end}" for key in self._keys.values() for end in ("", _RIGHT)]
        self._found = written.likelihoods(every)
        pace.known(len(asked) - len(self._open))
        pace.wait("text", len(self._open))

    @property
    def waits(self) -> bool:
        """Whether a question is still to be asked."""
        return bool(self._open)

    @property
    def _open(self) -> list[Asked]:
        return [one for one in self._asked if f"{self._keys[one.name]}{_RIGHT}" not in self._found]

    def carry_out(self, model: Any, pad_id: int) -> None:
        """Ask what is still to be asked, until it is stopped; the adapter is on or off already."""
        for block in blocks_of(self._open, pad_id):
            if self._stopped():
                return
            start = time.monotonic()
            fresh = {}
            for one, known in zip(block.asked, _answers(model, block), strict=True):
                key = self._keys[one.name]
                fresh[key] = known.nats, known.tokens
                judged = known.right is not None
                fresh[f"{key}{_RIGHT}"] = known.right or 0.0, int(judged)
            self._written.keep_likelihoods(fresh)
            self._found |= fresh
            self._pace.did("text", len(block.asked), time.monotonic() - start)

    def result(self) -> list[Known]:
        """Return what the column makes of each question; only when nothing waits."""
        made = []
        for key in self._keys.values():
            right, judged = self._found[f"{key}{_RIGHT}"]
            made.append(Known(*self._found[key], right if judged else None))
        return made


_RIGHT = ":right"
"""Behind the key of a question's likelihood: whether it is answered right, and is judged."""


def judge_general(found: dict[str, list[Known]]) -> dict[str, Numbers]:
    """Return accuracy and loss of each column on the general questions, and the change.

    Args:
        found: for each column what it makes of the same questions, the base among them.
    """
    if not found or not next(iter(found.values())):
        return {}
    base = found.get(BASE)
    made: dict[str, Numbers] = {}
    judged = [at for at, known in enumerate(next(iter(found.values()))) if known.right is not None]
    draws, judged_draws = Resamples(len(next(iter(found.values())))), Resamples(len(judged))
    for name, knowns in found.items():
        metrics, gains = {}, {}
        loss = draws.interval(_loss(knowns))
        metrics[LOSS] = Score(loss.value, loss.low, loss.high)
        right = [float(knowns[at].right or 0.0) for at in judged]
        if right:
            share = judged_draws.interval(mean_of(right))
            metrics[ACCURACY] = Score(share.value, share.low, share.high)
        if base is not None and name != BASE:
            gap = draws.difference(_loss(knowns), _loss(base))
            gains[LOSS] = Gain(gap.value, gap.low, gap.high, gap.p)
            if right:
                before = [float(base[at].right or 0.0) for at in judged]
                gap = judged_draws.mean_difference(right, before)
                gains[ACCURACY] = Gain(gap.value, gap.low, gap.high, gap.p)
        made[name] = metrics, gains
    return made


def _loss(knowns: Sequence[Known]) -> Any:
    return ratio_of([k.nats for k in knowns], [float(k.tokens) for k in knowns], float)


@torch.inference_mode()
def _answers(model: Any, block: Block) -> list[Known]:
    """Return what a model makes of the questions of a block."""
    hidden = model.base_model(input_ids=block.ids.to(model.device), use_cache=False)
    states = hidden.last_hidden_state.flatten(0, 1)[block.places.to(model.device)]  # (N, d)
    logits = Head(model)(states).float()  # (N, V)
    targets = torch.cat([one.targets for one in block.asked]).to(model.device)
    nats = F.cross_entropy(logits, targets, reduction="none").double()
    made, at = [], 0
    for one in block.asked:
        mine = logits[at : at + one.tokens]
        right = None
        if one.rivals:
            right = float(all(mine[i, good] > mine[i, bad] for i, good, bad in one.rivals))
        made.append(Known(float(nats[at : at + one.tokens].sum()), one.tokens, right))
        at += one.tokens
    return made
