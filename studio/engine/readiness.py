"""Looks at an adapter that is to be put to use: speed, memory, other questions, a rule, merging."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from studio.core.evaluation import EvaluationState
from studio.core.example import SYSTEM
from studio.core.metrics.overlap import token_f1
from studio.core.probes import Probe, accepts, bundled_probes
from studio.core.problems import DataError
from studio.core.readiness import (
    ADAPTED,
    BASE,
    FORMS,
    MERGED,
    MERGING,
    OUTSIDE,
    RULE,
    SPEED,
    WHOLE,
    Merging,
    Outside,
    OutsideAnswer,
    Speeds,
)
from studio.core.routing import FEWEST_HELD, suggest_rule
from studio.core.wholetext import whole
from studio.core.workspace import RunFolder
from studio.data.probeleaks import without_leaks
from studio.data.readiness import ReadinessLooks
from studio.data.readinessrows import Domain, as_evaluation, prompts_of, read_domain
from studio.data.recipefile import read_recipe
from studio.engine.adapterfile import read_adapter
from studio.engine.batchanswers import Way, batch_answers, length_sorted
from studio.engine.evaluationcolumns import Resident
from studio.engine.evaluationpace import Pace
from studio.engine.merging import agreement, foretold, merge, why_not_merged
from studio.engine.modelcontext import context_of
from studio.engine.render import Renderer
from studio.engine.sampling import Sampler
from studio.engine.timedanswers import Readings, time_answers
from studio.engine.wholemerge import is_rounded, merged_whole, why_not_whole

_TURNS = (BASE, ADAPTED, ADAPTED, BASE)
"""In turns, so that what else the computer does falls on both."""
_MERGED_TURNS, _WHOLE_TURNS = 2, 1
_AT_ONCE = 16
_NAMES = {
    BASE: "the base",
    ADAPTED: "the adapter",
    MERGED: "the merged model",
    WHOLE: "the model merged in 16 bits",
}
NO_RULE = (
    f"A rule needs {FEWEST_HELD} different prompts of the run's rows at least; this run has fewer."
)


class ReadinessLook:
    """One look from its setup to its parts; a second call goes on with the parts that are missing.

    Args:
        store: the workspace's looks.
        number: of the look.
        pace: told of every answer.
        stopped: asked all the time; true pauses.
    """

    def __init__(
        self, store: ReadinessLooks, number: int, pace: Pace, stopped: Callable[[], bool]
    ) -> None:
        self._store, self._number, self._pace, self._stopped = store, number, pace, stopped
        summary = store.one(number)
        self._setup, self._found = summary.setup, summary.found
        self._run = RunFolder(Path(self._setup.run))
        self._adapter = read_adapter(Path(self._setup.adapter))
        recipe = read_recipe(self._run.recipe)
        self._renderer = Renderer(Path(self._setup.model), recipe.template, recipe.system_prompt)
        self._context = context_of(Path(self._setup.model))
        self._domain = Domain()
        self._prompts: list[list[int]] = []
        self._readings = {form: Readings() for form in FORMS}
        self._written: dict[str, list[str]] = {}

    def run(self) -> EvaluationState:
        """Look at what is not looked at yet; return DONE or PAUSED.

        Raises:
            StudioError: it cannot be carried out; the sentence says why.
        """
        self._pace.say("Reading the run's rows")
        self._domain = read_domain(self._run)
        if self._found.routing is None and not self._found.no_rule:
            self._store.keep(self._number, RULE, suggest_rule(prompts_of(self._domain)) or NO_RULE)
        self._prompts = self._timed_prompts()
        probes, left_out = self._probes()
        speeds, outside = self._found.speeds is None, self._found.outside is None
        merges = self._found.merging is None and not why_not_merged(self._adapter)
        rounds = len(_TURNS) * speeds + (_MERGED_TURNS + _WHOLE_TURNS + (not speeds)) * merges
        self._pace.begin(len(self._prompts) * rounds + 2 * len(probes) * outside)
        if self._found.merging is None and not merges:
            self._store.keep(self._number, MERGING, Merging(why_not=why_not_merged(self._adapter)))
        if speeds or outside or merges:
            self._look(probes if outside else [], left_out, speeds=speeds, merges=merges)
        whole = self._store.one(self._number).found.whole
        return EvaluationState.DONE if whole else EvaluationState.PAUSED

    def _look(self, probes: list[Probe], left_out: int, *, speeds: bool, merges: bool) -> None:
        self._pace.say("Loading the model")
        resident = Resident(as_evaluation(self._setup), self._prompts[0])
        for form in _TURNS if speeds else (BASE, ADAPTED) if probes else ():
            if self._stopped():
                return
            with resident.column(self._adapter if form == ADAPTED else None) as model:
                if speeds:
                    self._time(model, form)
                if probes and form not in self._written:
                    self._answer(model, form, probes)
        if speeds and not self._stopped():
            self._store.keep(self._number, SPEED, self._speeds(resident))
        if probes and not self._stopped():
            self._store.keep(self._number, OUTSIDE, self._outside(probes, left_out))
        if merges and not self._stopped():
            self._merge(resident)

    # speed

    def _time(self, model: Any, form: str) -> None:
        words = _NAMES[form]
        self._pace.say(f"Timing answers of {words}")
        self._pace.wait("answer", len(self._prompts))
        tokens = self._setup.answer_tokens
        time_answers(model, self._prompts, tokens, self._readings[form], self._did)

    def _did(self, answers: int, seconds: float, tokens: int) -> None:
        self._pace.did("answer", answers, seconds, tokens)

    def _speeds(self, resident: Resident) -> Speeds:
        return Speeds(
            base=self._readings[BASE].speed(),
            adapter=self._readings[ADAPTED].speed(),
            adapter_file_bytes=self._adapter.weights.stat().st_size,
            device=resident.base.device_title,
            precision=resident.base.precision,
            quantization=resident.base.quantization,
        )

    def _timed_prompts(self) -> list[list[int]]:
        """Return prompts as tokens: held-out ones, else training ones, else general questions."""
        found = self._domain.held or self._domain.training
        turns = [asked.turns for asked in found]
        turns = turns or [(("user", probe.question),) for probe in bundled_probes()]
        random.Random(self._setup.seed).shuffle(turns)
        made: list[list[int]] = []
        for said in turns:
            ids = self._ids(said)
            if len(ids) + self._setup.answer_tokens <= self._context:
                made.append(ids)
            if len(made) == self._setup.prompts:
                return made
        if not made:
            raise DataError(
                "No question of the run fits the model's context with an answer.",
                "Choose another run.",
            )
        return made

    def _ids(self, turns: Sequence[tuple[str, str]]) -> list[int]:
        system = self._renderer.system_prompt
        own = any(role == SYSTEM for role, _ in turns)
        said = [*([] if own or not system else [(SYSTEM, system)]), *turns]
        return self._renderer.prompt_ids(
            [{"role": role, "content": whole(text)} for role, text in said]
        )

    # other questions

    def _probes(self) -> tuple[list[Probe], int]:
        """Return the general questions that are asked, of each kind as many, and how many leaked."""
        every = bundled_probes()
        clean, _ = without_leaks(every, as_evaluation(self._setup), [])
        wanted = self._setup.questions or len(clean)
        chance = random.Random(self._setup.seed)
        by_tag: dict[str, list[Probe]] = {}
        for probe in clean:
            by_tag.setdefault(probe.tag, []).append(probe)
        for probes in by_tag.values():
            chance.shuffle(probes)
        longest = max(map(len, by_tag.values()), default=0)
        ranked = [p[at] for at in range(longest) for p in by_tag.values() if at < len(p)]
        return ranked[:wanted], len(every) - len(clean)

    def _answer(self, model: Any, form: str, probes: Sequence[Probe]) -> None:
        self._pace.say(f"Asking the {form} general questions")
        prompts = [self._ids([("user", probe.question)]) for probe in probes]
        way = Way(Sampler(), self._setup.question_tokens, self._renderer.stop_ids, self._context)
        texts = [""] * len(prompts)
        self._pace.wait("answer", len(prompts))
        for places in length_sorted([len(ids) for ids in prompts], lambda _longest: _AT_ONCE):
            start, tokens = time.monotonic(), 0
            for answer in batch_answers(model, [prompts[at] for at in places], way, self._stopped):
                texts[places[answer.place]] = self._text(answer.tokens)
                tokens += len(answer.tokens)
            if self._stopped():
                return
            self._did(len(places), time.monotonic() - start, tokens)
        self._written[form] = texts

    def _outside(self, probes: Sequence[Probe], left_out: int) -> Outside:
        pairs = zip(probes, self._written[BASE], self._written[ADAPTED], strict=True)
        answers = tuple(
            OutsideAnswer(
                probe.question,
                base,
                ours,
                accepts(probe, base),
                accepts(probe, ours),
                token_f1(ours, base),
            )
            for probe, base, ours in pairs
        )
        return Outside(answers, left_out)

    # merging

    def _merge(self, resident: Resident) -> None:
        """Compare the merged model with the adapter beside its base; nothing is done after it."""
        self._pace.say("Merging in memory")
        ours, wrapped = self._readings[ADAPTED], resident.put_on(self._adapter)
        if not ours.answers:  # a look that was paused behind its timing
            time_answers(
                wrapped.get_base_model(), self._prompts, self._setup.answer_tokens, ours, self._did
            )
        pairs = list(zip(self._prompts, ours.answers, strict=True))
        model = wrapped.get_base_model()
        before = [foretold(model, prompt, answer) for prompt, answer in pairs]
        whole = self._in_16_bits(wrapped, pairs, before)
        model, rounding = merge(wrapped)
        for _ in range(_MERGED_TURNS):
            if self._stopped():
                return
            self._time(model, MERGED)
        after = [foretold(model, prompt, answer) for prompt, answer in pairs]
        likeliest, divergence = agreement(before, after)
        theirs = self._readings[MERGED]
        texts = [
            (self._ended(one), self._ended(other))
            for one, other in zip(ours.answers, theirs.answers, strict=True)
        ]
        self._store.keep(
            self._number,
            MERGING,
            Merging(
                speed=theirs.speed(),
                answers=len(texts),
                same=sum(one == other for one, other in texts),
                alike=sum(token_f1(other, one) for one, other in texts) / len(texts),
                likeliest=likeliest,
                divergence=divergence,
                rounding=rounding.size if rounding else None,
                left=rounding.left if rounding else None,
                whole_bytes=2 * resident.parameters,
                **whole,
            ),
        )

    def _in_16_bits(
        self, wrapped: Any, pairs: Sequence[Any], before: Sequence[Any]
    ) -> dict[str, Any]:
        """Return what merging comes to without rounding to few bits; nothing where none rounds."""
        why = why_not_whole(wrapped) if is_rounded(wrapped) else "Nothing is rounded."
        if why or self._stopped():
            self._pace.known(_WHOLE_TURNS * len(self._prompts))
            return {"whole_why": why} if is_rounded(wrapped) else {}
        with merged_whole(wrapped) as model:
            self._time(model, WHOLE)
            after = [foretold(model, prompt, answer) for prompt, answer in pairs]
        likeliest, divergence = agreement(before, after)
        speed = self._readings[WHOLE].speed()
        return {"whole": speed, "whole_likeliest": likeliest, "whole_divergence": divergence}

    def _ended(self, tokens: Sequence[int]) -> str:
        """Return an answer as text, up to where it would have ended."""
        stops = self._renderer.stop_ids
        ends = next((at for at, token in enumerate(tokens) if token in stops), len(tokens))
        return self._text(tokens[:ends])

    def _text(self, tokens: Sequence[int]) -> str:
        text: str = self._renderer.tokenizer.decode(
            list(tokens), skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return text
