"""What tells whether an adapter can be put to use: speed, memory, merging, other questions, a rule."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studio.core.evaluation import known_fields
from studio.core.routing import Routing, routing_body, routing_of

BASE, ADAPTED, MERGED, WHOLE = "base", "adapter", "merged", "merged in 16 bits"
FORMS = (BASE, ADAPTED, MERGED, WHOLE)
SPEED, OUTSIDE, MERGING, RULE = "speed", "outside", "merging", "rule"
PARTS = (SPEED, OUTSIDE, RULE, MERGING)
"""In the order in which they are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadinessSetup:
    """What is looked at; never changed once it is made.

    Attributes:
        run: folder of the run; its template and system prompt ask, its rows make the rule.
        name: of the adapter in words.
        adapter: folder in PEFT's layout.
        model: folder of the base.
        prompts: how many are timed, each answered by one model alone.
        answer_tokens: each timed answer has exactly so many.
        questions: how many general questions are asked; 0 for all.
        question_tokens: longest answer to one.
    """

    run: str
    name: str
    adapter: str
    model: str
    quantization: str = "nf4"
    double_quant: bool = True
    precision: str = "auto"
    device: str = "auto"
    prompts: int = 3
    answer_tokens: int = 24
    questions: int = 48
    question_tokens: int = 24
    seed: int = 42


@dataclass(frozen=True, slots=True)
class Timed:
    """A figure in the middle of its readings, with the least and the most."""

    middle: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """How fast one form answers one prompt at a time, and what it holds.

    Attributes:
        first_token: seconds from the prompt to the first token.
        tokens_per_second: after the first.
        weight_bytes: of all weights as they lie in memory.
        peak_bytes: the most while it answered.
        counted: what the peak is of: "resident" the process's RAM, else a card's memory.
        answers: that were timed.
    """

    first_token: Timed
    tokens_per_second: Timed
    weight_bytes: int
    peak_bytes: int
    counted: str
    answers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Speeds:
    """Base and adapter, timed in turns.

    Attributes:
        adapter_file_bytes: of the adapter on the disk.
        device: with the card's or the processor's name.
    """

    base: Speed
    adapter: Speed
    adapter_file_bytes: int
    device: str
    precision: str
    quantization: str


@dataclass(frozen=True, slots=True)
class OutsideAnswer:
    """One general question and what base and adapter answered to it.

    Attributes:
        alike: word F1 of both answers.
    """

    question: str
    base: str
    adapter: str
    base_right: bool
    adapter_right: bool
    alike: float


@dataclass(frozen=True, slots=True)
class Outside:
    """Answers to general questions.

    Attributes:
        left_out: questions that are among the training rows.
    """

    answers: tuple[OutsideAnswer, ...]
    left_out: int

    @property
    def base_right(self) -> int:
        """Questions the base answered right."""
        return sum(one.base_right for one in self.answers)

    @property
    def adapter_right(self) -> int:
        """Questions the adapter answered right."""
        return sum(one.adapter_right for one in self.answers)

    @property
    def lost(self) -> int:
        """Questions that only the base answered right."""
        return sum(one.base_right and not one.adapter_right for one in self.answers)

    @property
    def won(self) -> int:
        """Questions that only the adapter answered right."""
        return sum(one.adapter_right and not one.base_right for one in self.answers)

    @property
    def same(self) -> int:
        """Questions with the same words from both."""
        return sum(one.alike >= 1.0 for one in self.answers)

    @property
    def alike(self) -> float:
        """Mean word F1 of both answers; 0 without answers."""
        return sum(one.alike for one in self.answers) / max(len(self.answers), 1)

    def routed_right(self, routing: Routing) -> int:
        """Return how many are right if each is answered by whom the rule says."""
        return sum(
            one.adapter_right if routing.rule.keeps(one.question) else one.base_right
            for one in self.answers
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Merging:
    """The adapter added into the base's weights, against the adapter beside its base.

    Attributes:
        why_not: it was not merged; the sentence says why. All else is empty then.
        speed: of the merged model.
        answers: that were compared, word for word under greedy decoding.
        same: of these, unchanged.
        alike: mean word F1 of the answers.
        likeliest: share of places at which both find the same token likeliest.
        divergence: mean KL divergence of the next-token distributions, in nats.
        rounding: size of what the new rounding did to the weights, relative to the adapter's
            change; None where nothing is rounded to fewer bits or it cannot be told apart.
        left: share of the adapter's change that is in the merged weights; None likewise.
        whole_bytes: of the merged weights in 16 bits each.
        whole: speed with weights of 16 bits each; None where that was not tried.
        whole_likeliest, whole_divergence: the same of it as without "whole".
        whole_why: why it was not tried, if there was a reason.
    """

    why_not: str = ""
    speed: Speed | None = None
    answers: int = 0
    same: int = 0
    alike: float = 0.0
    likeliest: float = 0.0
    divergence: float = 0.0
    rounding: float | None = None
    left: float | None = None
    whole_bytes: int = 0
    whole: Speed | None = None
    whole_likeliest: float = 0.0
    whole_divergence: float = 0.0
    whole_why: str = ""


@dataclass(frozen=True, slots=True)
class Readiness:
    """What was found so far; None is not looked at yet.

    Attributes:
        routing: None also where there is too little to make a rule of; then ``no_rule`` says why.
    """

    speeds: Speeds | None = None
    outside: Outside | None = None
    routing: Routing | None = None
    no_rule: str = ""
    merging: Merging | None = None

    @property
    def whole(self) -> bool:
        """Whether every part was looked at."""
        parts = (self.speeds, self.outside, self.merging, self.routing or self.no_rule)
        return all(parts)


def readiness_setup_of(body: Mapping[str, Any]) -> ReadinessSetup:
    """Return the setup that JSON values are; fields of newer versions are left out.

    Raises:
        ValueError: they are none.
    """
    return _built(ReadinessSetup, body)  # type: ignore[no-any-return]


def part_body(part: Speeds | Outside | Merging | Routing | str) -> dict[str, Any]:
    """Return a part as JSON values; words say why there is no rule."""
    if isinstance(part, str):
        return {"no_rule": part}
    return routing_body(part) if isinstance(part, Routing) else dataclasses.asdict(part)


def readiness_of(parts: Mapping[str, Mapping[str, Any]]) -> Readiness:
    """Return what parts as JSON values come to.

    Raises:
        ValueError: one is none.
    """
    speeds, outside, merging = (parts.get(name) for name in (SPEED, OUTSIDE, MERGING))
    rule = parts.get(RULE)
    try:
        return Readiness(
            _speeds_of(speeds) if speeds is not None else None,
            _outside_of(outside) if outside is not None else None,
            routing_of(rule) if rule is not None and "no_rule" not in rule else None,
            str(rule.get("no_rule", "")) if rule is not None else "",
            _merging_of(merging) if merging is not None else None,
        )
    except (KeyError, TypeError, AttributeError) as err:
        raise ValueError(f"not a part: {err}") from err


def readiness_body(found: Readiness) -> dict[str, Any]:
    """Return all that was found as JSON values, with the sums that people ask for."""
    made: dict[str, Any] = {}
    if found.speeds is not None:
        made[SPEED] = part_body(found.speeds)
    if found.outside is not None:
        names = ("base_right", "adapter_right", "lost", "won", "same", "alike")
        made[OUTSIDE] = part_body(found.outside) | {n: getattr(found.outside, n) for n in names}
    if found.merging is not None:
        made[MERGING] = part_body(found.merging)
    if found.routing is not None:
        made[RULE] = routing_body(found.routing)
        if found.outside is not None:
            made[RULE]["right_with_the_rule"] = found.outside.routed_right(found.routing)
    elif found.no_rule:
        made[RULE] = {"no_rule": found.no_rule}
    return made


def _speeds_of(body: Mapping[str, Any]) -> Speeds:
    forms = {form: _speed_of(body[form]) for form in (BASE, ADAPTED)}
    return _built(Speeds, {**body, **forms})  # type: ignore[no-any-return]


def _speed_of(body: Mapping[str, Any]) -> Speed:
    timed = {name: Timed(**body[name]) for name in ("first_token", "tokens_per_second")}
    return _built(Speed, {**body, **timed})  # type: ignore[no-any-return]


def _outside_of(body: Mapping[str, Any]) -> Outside:
    answers = (_built(OutsideAnswer, one) for one in body["answers"])
    return Outside(tuple(answers), int(body["left_out"]))


def _merging_of(body: Mapping[str, Any]) -> Merging:
    forms = ("speed", "whole")
    speeds = {n: _speed_of(body[n]) if body.get(n) is not None else None for n in forms}
    return _built(Merging, {**body, **speeds})  # type: ignore[no-any-return]


def _built(kind: Any, body: Mapping[str, Any]) -> Any:
    try:
        return kind(**known_fields(kind, body))
    except (TypeError, AttributeError) as err:
        raise ValueError(f"not a {kind.__name__}: {err}") from err
