"""The ways from one kind of example to another, and what each of them loses."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from studio.core.example import (
    ASSISTANT,
    SYSTEM,
    USER,
    Conversation,
    Kind,
    Preference,
    Triple,
    Turn,
    example_of,
    turn_text,
    turns_text,
)

Texts = tuple[str, ...]
Make = Callable[[Texts], Sequence[Texts]]
"""Makes rows of a row's texts."""
KTO = "kto"
"""The name of preferences of which each row has one answer, marked as good or bad."""


class WontConvert(ValueError):
    """A row that cannot be made over; the reason as the end of a sentence."""


class Maker:
    """Makes the new rows of each row, in order."""

    def __init__(self, make: Make) -> None:
        self._make = make

    def __call__(self, texts: Texts) -> Sequence[Texts]:
        """Return what a row becomes.

        Raises:
            WontConvert: nothing.
        """
        return self._make(texts)

    def rest(self) -> list[int]:
        """Return the positions of rows that waited for another one in vain."""
        return []


@dataclass(frozen=True, slots=True)
class Way:
    """One way to convert.

    Attributes:
        to: the kind that comes out.
        to_name: its name for people and commands; "kto" for marked answers.
        how: tells ways to the same kind apart.
        title: what comes out, in a few words.
        loses: what the new rows lack, in a sentence; empty if nothing.
        start: returns what makes the rows, anew for each conversion; called once for each row.
    """

    to: Kind
    to_name: str
    how: str
    title: str
    loses: str
    start: Callable[[], Maker]


def ways_from(kind: Kind) -> tuple[Way, ...]:
    """Return the ways from a kind, the best to each other kind first."""
    return _WAYS.get(kind, ())


def spoken_triple(texts: Texts) -> Texts:
    """Return a triple as a conversation of one exchange."""
    triple = Triple(*texts)
    turns = [_turn(USER, triple.question), _turn(ASSISTANT, triple.output)]
    return turns_text(turns), ""


def _turn(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def _exchanges(texts: Texts) -> list[tuple[list[Turn], str, str]]:
    """Return of each exchange: the turns before it, the question and the answer."""
    made = example_of(Kind.CONVERSATION, texts)
    assert isinstance(made, Conversation)
    turns = made.turns
    if made.tools or any(turn.get("tool_calls") for turn in turns):
        raise WontConvert("it calls tools")
    found = []
    for at, turn in enumerate(turns[:-1]):
        answer = turns[at + 1]
        if turn["role"] == USER and answer["role"] == ASSISTANT:
            found.append((list(turns[:at]), turn_text(turn), turn_text(answer)))
    if not found:
        raise WontConvert("no turn of the user is answered")
    return found


def _first_exchange(texts: Texts) -> Sequence[Texts]:
    _, asked, answer = _exchanges(texts)[0]
    return [(asked, "", answer)]


def _each_exchange(texts: Texts) -> Sequence[Texts]:
    return [(asked, "", answer) for _, asked, answer in _exchanges(texts)]


def _with_transcript(texts: Texts) -> Sequence[Texts]:
    return [
        (f"{_transcript(before)}\n\n{asked}" if before else asked, "", answer)
        for before, asked, answer in _exchanges(texts)
    ]


_SPEAKERS = {SYSTEM: "System", USER: "User", ASSISTANT: "Assistant"}


def _transcript(turns: Sequence[Turn]) -> str:
    return "\n\n".join(
        f"{_SPEAKERS.get(turn['role'], turn['role'])}: {turn_text(turn)}" for turn in turns
    )


def _preference(texts: Texts) -> Preference:
    made = example_of(Kind.PREFERENCE, texts)
    assert isinstance(made, Preference)
    return made


def _chosen_triple(texts: Texts) -> Sequence[Texts]:
    pair = _preference(texts)
    if not pair.chosen:
        raise WontConvert("it has no chosen answer")
    if pair.context:
        raise WontConvert("it has turns before the question; make it a conversation")
    return [(pair.prompt, "", pair.chosen)]


def _chosen_conversation(texts: Texts) -> Sequence[Texts]:
    pair = _preference(texts)
    if not pair.chosen:
        raise WontConvert("it has no chosen answer")
    asked = [_turn(USER, pair.prompt)] if pair.prompt else []
    return [(turns_text([*pair.context, *asked, _turn(ASSISTANT, pair.chosen)]), "")]


def _marked(texts: Texts) -> Sequence[Texts]:
    pair = _preference(texts)
    context = texts[3]
    made = []
    if pair.chosen:
        made.append((pair.prompt, pair.chosen, "", context))
    if pair.rejected:
        made.append((pair.prompt, "", pair.rejected, context))
    if not made:
        raise WontConvert("it has no answer")
    return made


class _Pairing(Maker):
    """Joins each marked answer with the next other one to the same question."""

    def __init__(self) -> None:
        self._seen = 0
        self._waiting: dict[tuple[str, str, bool], deque[tuple[int, str]]] = {}

    def __call__(self, texts: Texts) -> Sequence[Texts]:
        at, self._seen = self._seen, self._seen + 1
        prompt, chosen, rejected, context = texts
        if chosen and rejected:
            return [texts]
        if not chosen and not rejected:
            raise WontConvert("it has no answer")
        good = bool(chosen)
        if partners := self._waiting.get((prompt, context, not good)):
            _, other = partners.popleft()
            return [(prompt, chosen or other, rejected or other, context)]
        self._waiting.setdefault((prompt, context, good), deque()).append((at, chosen or rejected))
        return []

    def rest(self) -> list[int]:
        return sorted(at for rows in self._waiting.values() for at, _ in rows)


def _triple_to_conversation(texts: Texts) -> Sequence[Texts]:
    return [spoken_triple(texts)]


_WAYS: dict[Kind, tuple[Way, ...]] = {
    Kind.TRIPLE: (
        Way(
            Kind.CONVERSATION,
            Kind.CONVERSATION,
            "turns",
            "A conversation of two turns for each row",
            "Instruction and input become one turn of the user, the input on a line of its own.",
            partial(Maker, _triple_to_conversation),
        ),
    ),
    Kind.CONVERSATION: (
        Way(
            Kind.TRIPLE,
            Kind.TRIPLE,
            "first",
            "The first question and its answer of each conversation",
            "System texts and all later turns are left out.",
            partial(Maker, _first_exchange),
        ),
        Way(
            Kind.TRIPLE,
            Kind.TRIPLE,
            "each",
            "A row for each question and its answer",
            "System texts are left out, and no row knows the turns before its question.",
            partial(Maker, _each_exchange),
        ),
        Way(
            Kind.TRIPLE,
            Kind.TRIPLE,
            "transcript",
            "A row for each question, with the turns before it as text",
            'Earlier turns are plain text with "User:" and "Assistant:" before each, no turns of'
            " the model's own template.",
            partial(Maker, _with_transcript),
        ),
    ),
    Kind.PREFERENCE: (
        Way(
            Kind.TRIPLE,
            Kind.TRIPLE,
            "chosen",
            "The question and the chosen answer",
            "Rejected answers are left out; rows with turns before the question are left out.",
            partial(Maker, _chosen_triple),
        ),
        Way(
            Kind.CONVERSATION,
            Kind.CONVERSATION,
            "chosen",
            "The whole conversation with the chosen answer",
            "Rejected answers are left out.",
            partial(Maker, _chosen_conversation),
        ),
        Way(
            Kind.PREFERENCE,
            KTO,
            "marked",
            "A row for each answer, marked as good or bad (KTO)",
            "",
            partial(Maker, _marked),
        ),
        Way(
            Kind.PREFERENCE,
            Kind.PREFERENCE,
            "pairs",
            "Good and bad answers to the same question as pairs",
            "Answers without a counterpart to the same question are left out.",
            _Pairing,
        ),
    ),
}


def converted(kind: Kind, to: Kind, texts: Texts) -> Texts:
    """Return a row's texts as a kind that every row of the first can be, for an export."""
    if kind is to:
        return texts
    if kind is Kind.TRIPLE and to is Kind.CONVERSATION:
        return spoken_triple(texts)
    raise WontConvert(f"a {kind} is no {to}")
