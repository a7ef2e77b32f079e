"""One example of a dataset, of four kinds, and what training does with each of its tokens."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

TRAIN, VALIDATION, TEST = "train", "validation", "test"
SPLITS = (TRAIN, VALIDATION, TEST)
SYSTEM, USER, ASSISTANT, TOOL = "system", "user", "assistant", "tool"
TURN_ROLES = (SYSTEM, USER, ASSISTANT, TOOL)
Turn = Mapping[str, Any]
"""One message in the field's usual form: role, content, and whatever else it came with."""


class Kind(StrEnum):
    """What the rows of a dataset are; one dataset holds one kind."""

    TRIPLE = "triple"
    CONVERSATION = "conversation"
    TEXT = "text"
    PREFERENCE = "preference"


FIELDS: dict[Kind, tuple[str, ...]] = {
    Kind.TRIPLE: ("instruction", "input", "output"),
    Kind.CONVERSATION: ("messages", "tools"),
    Kind.TEXT: ("text",),
    Kind.PREFERENCE: ("prompt", "chosen", "rejected", "messages"),
}
"""The texts a row of each kind is stored as, in this order."""


class ExampleError(ValueError):
    """Texts that are no example of their kind; the reason as the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Triple:
    """An (instruction, input, output) example. An empty output asks for an answer."""

    instruction: str
    input: str = ""
    output: str = ""

    @property
    def question(self) -> str:
        """What the user says: the instruction, and the input on the next line if there is one."""
        return f"{self.instruction}\n{self.input}" if self.input else self.instruction


@dataclass(frozen=True, slots=True)
class Conversation:
    """Turns of a conversation, and the tools it may call; every assistant turn is learned."""

    turns: tuple[Turn, ...]
    tools: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Text:
    """Running text, all of it learned."""

    text: str


@dataclass(frozen=True, slots=True)
class Preference:
    """A question with a better and a worse answer.

    Attributes:
        prompt: the last thing the user says.
        chosen: the better answer; empty if only a worse one is known.
        rejected: the worse answer; empty if only a better one is known.
        context: the turns before the prompt.
    """

    prompt: str
    chosen: str = ""
    rejected: str = ""
    context: tuple[Turn, ...] = ()


Example = Triple | Conversation | Text | Preference


def example_of(kind: Kind, texts: Sequence[str]) -> Example:
    """Return the example that a row's texts, in the order of ``FIELDS[kind]``, stand for.

    Raises:
        ExampleError: turns or tools are not JSON of the right form.
    """
    match kind:
        case Kind.TRIPLE:
            return Triple(*texts)
        case Kind.TEXT:
            return Text(*texts)
        case Kind.CONVERSATION:
            return Conversation(turns_of(texts[0]), _objects("tools", texts[1]))
        case Kind.PREFERENCE:
            return Preference(texts[0], texts[1], texts[2], turns_of(texts[3]))


def texts_of(example: Example) -> tuple[str, ...]:
    """Return the texts an example is stored as, in the order of ``FIELDS``."""
    match example:
        case Triple():
            return example.instruction, example.input, example.output
        case Text():
            return (example.text,)
        case Conversation():
            return turns_text(example.turns), turns_text(example.tools)
        case Preference():
            return example.prompt, example.chosen, example.rejected, turns_text(example.context)


def kind_of(example: Example) -> Kind:
    """Return what kind an example is."""
    return _KINDS[type(example)]


_KINDS: dict[type, Kind] = {
    Triple: Kind.TRIPLE,
    Conversation: Kind.CONVERSATION,
    Text: Kind.TEXT,
    Preference: Kind.PREFERENCE,
}


def turns_of(text: str) -> tuple[Turn, ...]:
    """Return the turns that a stored text holds; none for an empty text.

    Raises:
        ExampleError: it is not a list of objects with a role each.
    """
    turns = _objects("messages", text)
    for number, turn in enumerate(turns, 1):
        if not isinstance(turn.get("role"), str):
            raise ExampleError(f"turn {number} has no role")
    return turns


def turns_text(turns: Sequence[Mapping[str, Any]]) -> str:
    """Return turns, or tools, as they are stored; an empty text for none.

    Half a character, which JSON can hold and a file of text cannot, stays an escape.
    """
    text = json.dumps(list(turns), ensure_ascii=False) if turns else ""
    return _HALF.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


_HALF = re.compile("[\ud800-\udfff]")


def turn_text(turn: Turn) -> str:
    """Return what a turn says; parts of text are put together, a call of a tool says nothing."""
    content = turn.get("content")
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = (part.get("text") if isinstance(part, Mapping) else part for part in content)
    return "".join(part for part in parts if isinstance(part, str))


def _objects(name: str, text: str) -> tuple[dict[str, Any], ...]:
    if not text:
        return ()
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as err:
        raise ExampleError(f"{name} are not JSON") from err
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise ExampleError(f"{name} are not a list of objects")
    return tuple(found)


class TokenState(StrEnum):
    """What training does with a token."""

    TRAINED = "trained"
    MASKED = "masked"
    CUT = "cut"
    END = "end"
    """The end-of-turn token of the answer; it is trained."""


@dataclass(frozen=True, slots=True)
class Token:
    """One token of a rendered row.

    Attributes:
        id: the vocabulary id, the one the model gets.
        text: the text it stands for; parts of a multi-byte character show as the replacement mark.
        special: it is a named token such as a turn mark, not text.
        whose: whose words they are: system, user, assistant, tool, text (running text) or
            template; empty where nobody asked.
    """

    id: int
    text: str
    state: TokenState
    special: bool = False
    whose: str = ""


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """How many tokens of a row, or of all rows, are in each state."""

    trained: int = 0
    masked: int = 0
    cut: int = 0
    end: int = 0

    @property
    def total(self) -> int:
        """All tokens, also those cut."""
        return self.trained + self.masked + self.cut + self.end


def count_states(states: Iterable[TokenState]) -> TokenCounts:
    """Count tokens by state."""
    found = dict.fromkeys(TokenState, 0)
    for state in states:
        found[state] += 1
    return TokenCounts(**{state.value: n for state, n in found.items()})
