"""A judge model: which of two answers is nearer to the written one, by the likelihood of A and B.

Letters: B questions, T tokens of the longest, V vocabulary.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from studio.core.evaluation import BASE, EvaluationSetup, EvaluationState
from studio.core.example import Triple
from studio.core.judging import Judgement, question_for_judge
from studio.core.problems import DataError, ModelError
from studio.core.recipe import Recipe
from studio.core.wholetext import whole
from studio.data.evaluations import Evaluations, JudgedRow
from studio.data.judgements import Judgements
from studio.engine.chatmodel import base_hash, pack_for_speed
from studio.engine.evaluationpace import Pace
from studio.engine.load import load_base
from studio.engine.loss import Head
from studio.engine.modelcontext import context_of
from studio.engine.render import Renderer
from studio.engine.rendered import Rendered

_BATCH_TOKENS = {"cpu": 1024, "cuda": 4096}
"""A pause is heard between batches."""
LETTERS = ("A", "B")


@dataclass(frozen=True, slots=True)
class _Asked:
    """One order of a pair as tokens.

    Attributes:
        ids: up to where "A" and "B" part.
        letters: the tokens by which they go on.
    """

    ids: list[int]
    letters: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Pair:
    """A column's answer and the base's: the column's as A, then as B."""

    place: int
    column: str
    orders: tuple[_Asked, _Asked]

    @property
    def tokens(self) -> int:
        return max(len(asked.ids) for asked in self.orders)


class Judge:
    """Lets a model judge a finished evaluation; a second call goes on where one was paused.

    Args:
        store: the workspace's evaluations.
        kept: what judges said so far.
        number: of the evaluation.
        model: folder of the judge.
        pace: told of every pair.
        stopped: asked all the time; true pauses.
    """

    def __init__(
        self,
        store: Evaluations,
        kept: Judgements,
        number: int,
        model: Path,
        pace: Pace,
        stopped: Callable[[], bool],
    ) -> None:
        self._rows, self._kept, self._number = store.judged(number), kept, number
        self._setup = store.one(number).setup
        self._model, self._pace, self._stopped = model, pace, stopped

    def run(self) -> EvaluationState:
        """Judge what is not yet judged; return DONE or PAUSED.

        Raises:
            StudioError: there is nothing to judge, or the judge cannot be loaded.
        """
        columns = [c.name for c in self._setup.columns if c.name != BASE]
        if not self._rows or not columns or "token_f1" not in self._rows[0].scores[BASE]:
            raise DataError(
                "There are no two answers to hold against each other.",
                "Evaluate the base and an adapter on questions first.",
            )
        self._pace.say("Looking at the judge")
        weights = base_hash(self._model)
        judging = self._kept.begin(self._number, self._model.name, weights, _prompt_hash())
        known = {(j.column, j.place) for j in self._kept.one(judging)}
        pairs, alike, left_out = self._pairs(columns)
        self._kept.count(judging, len(pairs) + len(alike), left_out)
        self._kept.keep(judging, alike)
        waits = [pair for pair in pairs if (pair.column, pair.place) not in known]
        self._pace.begin(len(pairs))
        self._pace.known(len(pairs) - len(waits))
        self._pace.wait("answer", len(waits))
        if waits and not self._stopped():
            self._ask(judging, waits)
        done = len(self._kept.one(judging)) >= len(pairs) + len(alike)
        return EvaluationState.DONE if done else EvaluationState.PAUSED

    def _pairs(self, columns: Sequence[str]) -> tuple[list[_Pair], list[Judgement], int]:
        """Return pairs as tokens, pairs of the same words, and how many are too long."""
        renderer, context = Renderer(self._model), context_of(self._model)
        pairs, alike, left_out = [], [], 0
        for column in columns:
            for row in self._rows:
                if row.answers[column].strip() == row.answers[BASE].strip():
                    alike.append(Judgement(row.place, column, math.nan, math.nan))
                elif (pair := _pair(row, column, renderer, context)) is not None:
                    pairs.append(pair)
                else:
                    left_out += 1
        return pairs, alike, left_out

    def _ask(self, judging: int, pairs: list[_Pair]) -> None:
        self._pace.say("Loading the judge")
        base = load_base(self._model, _recipe(self._model, self._setup))
        model = base.model.eval()
        pack_for_speed(model, base)
        waits = sorted(pairs, key=lambda pair: -pair.tokens)
        self._pace.say("Judging in both orders", self._model.name)
        while waits and not self._stopped():
            start = time.monotonic()
            n = max(1, _BATCH_TOKENS[model.device.type] // (2 * waits[0].tokens))
            batch, waits = waits[:n], waits[n:]
            chances = iter(_chances(model, [asked for pair in batch for asked in pair.orders]))
            self._kept.keep(
                judging,
                [Judgement(p.place, p.column, next(chances), 1 - next(chances)) for p in batch],
            )
            self._pace.did("answer", len(batch), time.monotonic() - start)


def _pair(row: JudgedRow, column: str, renderer: Renderer, context: int) -> _Pair | None:
    """Return a pair in both orders; None if it is longer than the judge reads."""
    ours, base = row.answers[column], row.answers[BASE]
    asked = [
        question_for_judge(row.question, row.reference, first, second)
        for first, second in ((ours, base), (base, ours))
    ]
    written = [Triple(whole(words), "", letter) for words in asked for letter in LETTERS]
    a, b, c, d = renderer.rows(written, context)
    one, two = _parting(a, b, context), _parting(c, d, context)
    if one is None or two is None:
        return None
    return _Pair(row.place, column, (one, two))


def _parting(a: Rendered, b: Rendered, context: int) -> _Asked | None:
    """Return where the answers A and B part.

    Raises:
        ModelError: the judge's template or tokenizer makes no difference between them.
    """
    if max(len(a.ids), len(b.ids)) > context:
        return None
    for at, (one, other) in enumerate(zip(a.ids, b.ids, strict=False)):
        if one != other and at:
            return _Asked(a.ids[:at], (one, other))
    raise ModelError(
        "The judge's template does not say its own answers.", "Choose another model as judge."
    )


@torch.inference_mode()
def _chances(model: Any, asked: Sequence[_Asked]) -> list[float]:
    """Return for each question how likely A is, of A and B together."""
    longest = max(len(one.ids) for one in asked)
    ids = torch.zeros((len(asked), longest), dtype=torch.long)
    for at, one in enumerate(asked):
        ids[at, : len(one.ids)] = torch.tensor(one.ids)  # what follows is never looked at
    hidden = model.base_model(input_ids=ids.to(model.device), use_cache=False).last_hidden_state
    last = torch.tensor([len(one.ids) - 1 for one in asked])
    logits = Head(model)(hidden[torch.arange(len(asked)), last]).float()  # (B, V)
    letters = torch.tensor([one.letters for one in asked], device=logits.device)
    return [float(pair[0]) for pair in logits.gather(1, letters).softmax(1).cpu()]


def _recipe(model: Path, setup: EvaluationSetup) -> Recipe:
    return Recipe(
        model=str(model),
        quantization=setup.quantization,
        double_quant=setup.double_quant,
        precision=setup.precision,
        device=setup.device,
    )


def _prompt_hash() -> str:
    return hashlib.sha256(question_for_judge("", "", "", "").encode()).hexdigest()
