"""Recognises what the rows of a file are, from the names of its columns and its first records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from studio.core.example import Kind
from studio.data.columns import Sample
from studio.data.rowvalues import Number, is_split, is_tags
from studio.data.turns import is_turn, unpacked

INSTRUCTION, INPUT, OUTPUT = "instruction", "input", "output"
SYSTEM, HISTORY = "system", "history"
MESSAGES, TOOLS = "messages", "tools"
TEXT = "text"
PROMPT, CHOSEN, REJECTED, LABEL = "prompt", "chosen", "rejected", "label"
SPLIT, TAGS = "split", "tags"

ROLES: dict[Kind, tuple[str, ...]] = {
    Kind.TRIPLE: (INSTRUCTION, INPUT, OUTPUT),
    Kind.CONVERSATION: (MESSAGES, TOOLS, SYSTEM, INSTRUCTION, INPUT, OUTPUT, HISTORY),
    Kind.TEXT: (TEXT,),
    Kind.PREFERENCE: (PROMPT, INPUT, CHOSEN, REJECTED, LABEL, SYSTEM, MESSAGES),
}
"""What a column may be in rows of each kind; a column that is none of it is kept as it is."""
ANY_KIND = (SPLIT, TAGS)
"""What a column may be in rows of any kind."""
Roles = Mapping[str, str]
"""Role by column."""


class Layout(StrEnum):
    """The layouts that are known by name."""

    ALPACA = "alpaca"
    ALPACA_HISTORY = "alpaca-history"
    PROMPT_COMPLETION = "prompt-completion"
    QUESTION_ANSWER = "question-answer"
    SHAREGPT = "sharegpt"
    OPENAI = "openai"
    PREFERENCE = "preference"
    PREFERENCE_TURNS = "preference-turns"
    PREFERENCE_SHAREGPT = "preference-sharegpt"
    KTO = "kto"
    KTO_TURNS = "kto-turns"
    TEXT = "text"
    OWN = "own"
    """Columns that the user gave their roles."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How the columns of a file become rows.

    Attributes:
        kind: what the rows are.
        layout: the layout it was recognised as.
        roles: role by column; every other column is kept beside the row.
    """

    kind: Kind
    layout: Layout
    roles: dict[str, str]


_NAMES: dict[str, tuple[str, ...]] = {
    INSTRUCTION: ("instruction", "prompt", "question", "query"),
    INPUT: ("input", "context"),
    OUTPUT: ("output", "completion", "answer", "response"),
    SYSTEM: ("system", "system_prompt"),
    HISTORY: ("history",),
    MESSAGES: ("messages", "conversations", "conversation", "turns", "dialog", "dialogue"),
    TOOLS: ("tools", "functions"),
    TEXT: ("text", "content", "document"),
    PROMPT: ("prompt", "question", "instruction", "query"),
    CHOSEN: ("chosen", "accepted", "preferred"),
    REJECTED: ("rejected", "refused", "dispreferred"),
    LABEL: ("kto_tag", "label"),
    SPLIT: ("split",),
    TAGS: ("tags",),
}
_WORDS = {
    Layout.ALPACA: "Questions and answers: instruction, input, output (Alpaca)",
    Layout.ALPACA_HISTORY: "Conversations: instruction and output with history or system (Alpaca)",
    Layout.PROMPT_COMPLETION: "Questions and answers: prompt and completion",
    Layout.QUESTION_ANSWER: "Questions and answers",
    Layout.SHAREGPT: "Conversations: from and value (ShareGPT)",
    Layout.OPENAI: "Conversations: role and content (OpenAI messages)",
    Layout.PREFERENCE: "Preferences: a better and a worse answer",
    Layout.PREFERENCE_TURNS: "Preferences: a better and a worse answer, as messages",
    Layout.PREFERENCE_SHAREGPT: "Preferences: a conversation with a better and a worse answer"
    " (ShareGPT)",
    Layout.KTO: "Preferences: single answers marked good or bad (KTO)",
    Layout.KTO_TURNS: "Preferences: conversations marked good or bad (KTO)",
    Layout.TEXT: "Running text",
}
_KIND_WORDS = {
    Kind.TRIPLE: "Questions and answers",
    Kind.CONVERSATION: "Conversations",
    Kind.TEXT: "Running text",
    Kind.PREFERENCE: "Preferences",
}


def kind_words(kind: Kind) -> str:
    """Return what rows of a kind are called."""
    return _KIND_WORDS[kind]


def words_of(reading: Reading) -> str:
    """Return in words what the rows were recognised as."""
    return _WORDS.get(reading.layout, kind_words(reading.kind))


Finder = Callable[[Sample], Reading | None]


def recognise(records: Sequence[Mapping[str, Any]]) -> Reading | None:
    """Return the reading that most of the records fit; None if no layout is recognised."""
    sample = Sample(records, _NAMES)
    return _best(sample, (_preference, _marked, _conversation, _triple, _text))


def recognise_as(kind: Kind, records: Sequence[Mapping[str, Any]]) -> Reading:
    """Return the best reading as rows of that kind; it may lack columns it needs."""
    sample = Sample(records, _NAMES)
    finders: dict[Kind, tuple[Finder, ...]] = {
        Kind.PREFERENCE: (_preference, _marked),
        Kind.CONVERSATION: (_conversation, _exchange),
        Kind.TRIPLE: (_plain,),
        Kind.TEXT: (_text,),
    }
    return _best(sample, finders[kind]) or Reading(kind, Layout.OWN, _aside(sample, {}))


def _best(sample: Sample, finders: Iterable[Finder]) -> Reading | None:
    found = [reading for finder in finders if (reading := finder(sample)) is not None]
    if not found:
        return None
    held = [sample.holding(_needed(reading)) for reading in found]
    most = (at for at, count in enumerate(held) if 2 * count > len(sample.records))
    return found[next(most, held.index(max(held)))]


def _needed(reading: Reading) -> list[str]:
    optional = (INPUT, SYSTEM, HISTORY, TOOLS, SPLIT, TAGS)
    return [name for name, role in reading.roles.items() if role not in optional]


def _mapped(sample: Sample, *roles: str) -> dict[str, str]:
    """Return column to role for those of the roles that a column has the name of."""
    found: dict[str, str] = {}
    for role in roles:
        if name := sample.named(role, found):
            found[name] = role
    return found


def _preference(sample: Sample) -> Reading | None:
    found = _mapped(sample, CHOSEN, REJECTED)
    if len(found) < 2:
        return None
    better = next(iter(found))
    told = [unpacked(value) for value in sample.values(better)]
    turns = [turn for value in told for turn in (value if isinstance(value, list) else [value])]
    layout = Layout.PREFERENCE
    if turns and all(is_turn(turn) for turn in turns):
        spoken = any("from" in turn and "role" not in turn for turn in turns)
        layout = Layout.PREFERENCE_SHAREGPT if spoken else Layout.PREFERENCE_TURNS
    context = sample.turns()
    if context and context not in found and not sample.named(PROMPT):
        found[context] = MESSAGES
    else:
        found |= _mapped(sample, PROMPT, INPUT)
    found |= _mapped(sample, SYSTEM)
    return Reading(Kind.PREFERENCE, layout, _aside(sample, found))


def _marked(sample: Sample) -> Reading | None:
    label = sample.named(LABEL)
    if not label or not sample.mostly(label, _is_mark):
        return None
    turns, answer = sample.turns(), sample.named(OUTPUT)
    if turns:
        found, layout = {turns: MESSAGES, label: LABEL}, Layout.KTO_TURNS
    elif answer and (prompt := sample.named(PROMPT, (answer,))):
        found, layout = {prompt: PROMPT, answer: CHOSEN, label: LABEL}, Layout.KTO
        found |= _mapped(sample, INPUT)
    else:
        return None
    found |= _mapped(sample, SYSTEM)
    return Reading(Kind.PREFERENCE, layout, _aside(sample, found))


def _is_mark(value: Any) -> bool:
    if isinstance(value, Number):
        return value.written in ("0", "1")
    return isinstance(value, bool) or (
        isinstance(value, str) and value.strip().lower() in ("true", "false", "0", "1")
    )


def _conversation(sample: Sample) -> Reading | None:
    turns = sample.turns()
    if not turns:
        return None
    first: Any = next((unpacked(value) for value in sample.values(turns)), [])
    spoken = (
        bool(first) and isinstance(first, list) and is_turn(first[0]) and "role" not in first[0]
    )
    found = {turns: MESSAGES} | _mapped(sample, TOOLS, SYSTEM)
    layout = Layout.SHAREGPT if spoken else Layout.OPENAI
    return Reading(Kind.CONVERSATION, layout, _aside(sample, found))


def _triple(sample: Sample) -> Reading | None:
    exchange = _exchange(sample)
    if exchange is not None:
        more = [name for name, role in exchange.roles.items() if role in (SYSTEM, HISTORY)]
        if any(sample.filled(name) for name in more):
            return exchange
    return _plain(sample)


def _exchange(sample: Sample) -> Reading | None:
    """Return questions and answers as conversations of one exchange."""
    plain = _plain(sample)
    if plain is None:
        return None
    found = plain.roles | _mapped(sample, SYSTEM, HISTORY)
    return Reading(Kind.CONVERSATION, Layout.ALPACA_HISTORY, found)


def _plain(sample: Sample) -> Reading | None:
    found = _mapped(sample, INSTRUCTION, INPUT, OUTPUT)
    roles = {role: name.strip().lower() for name, role in found.items()}
    if not {INSTRUCTION, OUTPUT} <= roles.keys():
        return None
    named = (roles[INSTRUCTION], roles[OUTPUT])
    layout = {
        ("instruction", "output"): Layout.ALPACA,
        ("prompt", "completion"): Layout.PROMPT_COMPLETION,
    }.get(named, Layout.QUESTION_ANSWER)
    return Reading(Kind.TRIPLE, layout, _aside(sample, found))


def _text(sample: Sample) -> Reading | None:
    name = sample.named(TEXT)
    if not name and len(sample.columns) == 1:
        (name,) = sample.columns
    if not name or not all(isinstance(value, str) for value in sample.values(name)):
        return None
    return Reading(Kind.TEXT, Layout.TEXT, _aside(sample, {name: TEXT}))


def _aside(sample: Sample, found: dict[str, str]) -> dict[str, str]:
    """Add the columns that say split and tags, if what they hold can be that."""
    made = dict(found)
    split, tags = sample.named(SPLIT, found), sample.named(TAGS, found)
    if split and sample.mostly(split, is_split):
        made[split] = SPLIT
    if tags and sample.mostly(tags, is_tags):
        made[tags] = TAGS
    return made
