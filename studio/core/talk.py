"""A conversation as it is kept: questions, and what each column answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from studio.core.sampler import Sampler

BASE_KEY = "base"
LONGEST_TITLE = 60
"""Characters of the first question that name a conversation."""


@dataclass(frozen=True, slots=True)
class TalkColumn:
    """Who answered.

    Attributes:
        key: tells a column from the others: "base", or the adapter's folder.
        title: as people are told.
        proof: hash of what answered; empty until it was in memory.
    """

    key: str
    title: str
    proof: str = ""


@dataclass(frozen=True, slots=True)
class TalkAnswer:
    """What one column said, and how it came.

    Attributes:
        reason: as in ``AnswerEnded``, or why it is not whole.
        tokens: of the answer.
        seconds: from the question to its end.
        first_seconds: to its first token.
        prompt_tokens: what the model read; 0 when it was not told.
    """

    text: str
    reason: str
    tokens: int = 0
    seconds: float = 0.0
    first_seconds: float = 0.0
    prompt_tokens: int = 0


@dataclass(frozen=True, slots=True)
class TalkTurn:
    """A question and its answers, with all that they depend on.

    Attributes:
        written: the row's own answer to a held-out question, else empty.
        system: the system prompt; None is that of training.
        alone: it was asked without the turns before it.
        answers: by the column's key; a column that has none yet is missing.
    """

    question: str
    columns: tuple[TalkColumn, ...]
    sampler: Sampler = field(default_factory=Sampler)
    written: str = ""
    system: str | None = None
    alone: bool = False
    answers: Mapping[str, TalkAnswer] = field(default_factory=dict)

    def answered(self, key: str, answer: TalkAnswer) -> TalkTurn:
        """Return the turn with a column's answer."""
        return replace(self, answers={**self.answers, key: answer})


def history_of(turns: Sequence[TalkTurn], key: str) -> list[list[str]]:
    """Return a column's own [question, answer] pairs.

    Turns it said nothing in are left out, and those that were asked on their own.
    """
    said = (
        (turn.question, turn.answers[key].text)
        for turn in turns
        if key in turn.answers and not turn.alone
    )
    return [[question, text] for question, text in said if text]


def title_of(question: str) -> str:
    """Return the title of a conversation that begins with a question."""
    words = " ".join(question[: 4 * LONGEST_TITLE].split())
    return words if len(words) <= LONGEST_TITLE else f"{words[:LONGEST_TITLE].rstrip()}…"


def turn_body(turn: TalkTurn) -> dict[str, Any]:
    """Return a turn as plain values for JSON."""
    return asdict(turn)


def turn_of(body: Mapping[str, Any]) -> TalkTurn:
    """Read a turn.

    Raises:
        ValueError: it is none; the reason as the end of a sentence.
    """
    try:
        sampler = dict(body["sampler"])
        sampler["stop"] = tuple(str(text) for text in sampler.get("stop", ()))
        return TalkTurn(
            question=str(body["question"]),
            columns=tuple(TalkColumn(**column) for column in body["columns"]),
            sampler=Sampler(**sampler),
            written=str(body.get("written", "")),
            system=body.get("system"),
            alone=bool(body.get("alone")),
            answers={str(k): TalkAnswer(**a) for k, a in dict(body["answers"]).items()},
        )
    except (KeyError, TypeError, AttributeError) as err:
        raise ValueError(f"it is no turn of a conversation ({err})") from err


def as_markdown(title: str, turns: Sequence[TalkTurn]) -> str:
    """Return a conversation as a Markdown document; answers stand in it as they were written."""
    parts = [f"# {' '.join(title.split())}"]
    before: tuple[Any, ...] = ()
    for turn in turns:
        setting = (turn.sampler, turn.system, turn.alone)
        if setting != before:
            how = " · ".join(turn.sampler.words)
            alone = " · each question on its own" if turn.alone else ""
            parts.append(f"*{how}{alone}*")
            if turn.system is not None:
                parts.append(f"System prompt:\n\n{_quoted(turn.system or '(none)')}")
        before = setting
        parts.append(f"## You\n\n{_quoted(turn.question)}")
        for column in turn.columns:
            answer = turn.answers.get(column.key)
            proof = f" `{column.proof[:8]}`" if column.proof else ""
            parts.append(f"### {column.title}{proof}")
            parts.append(answer.text if answer else "*not answered*")
            if answer:
                parts.append(
                    f"*{answer.tokens:,} tokens · {ENDINGS.get(answer.reason, answer.reason)}*"
                )
        if turn.written:
            parts.append(f"### Written answer\n\n{_quoted(turn.written)}")
    return "\n\n".join(parts) + "\n"


ENDINGS = {
    "end": "ended by itself",
    "length": "cut at the limit",
    "stopped": "stopped",
    "stop_text": "ended at a stop text",
}
"""What the engine's reasons are called."""


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.splitlines())
