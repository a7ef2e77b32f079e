"""How fast a model answers one prompt at a time, and what it holds while it does.

Letters: T tokens of an answer, V vocabulary.
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from studio.core.readiness import Speed, Timed
from studio.engine.decoding import Decoding, Row
from studio.engine.peaks import PeakMeter, Peaks
from studio.engine.sampling import Sampler

_GREEDY = Sampler()
_WARM_TOKENS = 2


@dataclass(slots=True)
class Readings:
    """What the answers of one form took.

    Attributes:
        first: seconds to the first token, of each answer.
        rates: tokens a second after it, of each answer.
        answers: token ids, of each prompt; the same each time it is asked.
        peak: the most it held.
        weight_bytes: of its weights.
    """

    first: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    answers: list[list[int]] = field(default_factory=list)
    peak: Peaks = field(default_factory=lambda: Peaks(0, ""))
    weight_bytes: int = 0

    def speed(self) -> Speed:
        """Return it as figures."""
        return Speed(
            first_token=_timed(self.first),
            tokens_per_second=_timed(self.rates),
            weight_bytes=self.weight_bytes,
            peak_bytes=self.peak.whole,
            counted=self.peak.counted,
            answers=len(self.first),
        )


@torch.inference_mode()
def time_answers(
    model: Any,
    prompts: Sequence[Sequence[int]],
    tokens: int,
    readings: Readings,
    told: Callable[[int, float, int], None],
) -> None:
    """Answer each prompt alone and greedily, always to the full length; add to the readings.

    Args:
        model: a causal language model, its adapter on or off as it should be.
        prompts: token ids.
        tokens: of each answer, at least 2.
        readings: are added to.
        told: is given answers, seconds and tokens of each that is done.
    """
    _answer(model, prompts[0], _WARM_TOKENS)  # what is made once is not counted
    meter = PeakMeter()
    meter.restart()
    readings.weight_bytes = weight_bytes(model)
    readings.answers = []
    for prompt in prompts:
        start = time.perf_counter()
        first, answer = _answer(model, prompt, tokens)
        whole = time.perf_counter() - start
        readings.first.append(first)
        readings.rates.append((len(answer) - 1) / max(whole - first, 1e-9))
        readings.answers.append(answer)
        told(1, whole, len(answer))
    peak = meter.read()
    if peak.whole > readings.peak.whole:
        readings.peak = peak


def weight_bytes(model: torch.nn.Module) -> int:
    """Return what a model's weights take in memory, with what its quantisation keeps beside them."""
    seen: set[int] = set()
    whole = 0
    for tensor in itertools.chain(model.parameters(), model.buffers()):
        state = getattr(tensor, "quant_state", None)
        for part in (tensor, *_tensors_of(state)):
            if part.data_ptr() not in seen:  # tied weights lie there once
                seen.add(part.data_ptr())
                whole += part.numel() * part.element_size()
    return whole


def _tensors_of(state: Any) -> list[torch.Tensor]:
    """Return the tensors of a quantisation, and of its own quantisation."""
    if state is None:
        return []
    inner = getattr(state, "state2", None)
    own = [value for value in vars(state).values() if isinstance(value, torch.Tensor)]
    return [*own, *_tensors_of(inner)]


def _answer(model: Any, prompt: Sequence[int], tokens: int) -> tuple[float, list[int]]:
    """Return the seconds to the first token, and the answer."""
    start = time.perf_counter()
    row = Row(prompt, _GREEDY, tokens)
    batch = Decoding(model, [row], frozenset())
    batch.choose(batch.read())
    first = time.perf_counter() - start
    while not row.ended:
        batch.choose(batch.step())
    return first, row.tokens


def _timed(readings: Sequence[float]) -> Timed:
    return Timed(statistics.median(readings), min(readings), max(readings))
