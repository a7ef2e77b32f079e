"""The texts of a row by what they are for, so that a check need not know the kinds of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from studio.core.example import (
    ASSISTANT,
    USER,
    ExampleError,
    Kind,
    Turn,
    turn_text,
    turns_of,
)

Named = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Parts:
    """A row as checks see it.

    Attributes:
        named: the texts with the names of what they are: fields, or turns by number and role.
        question: what is asked before the first answer.
        answer: all that is learned, in one text.
        whole: all texts in one.
        sizes: characters of each of the kind's fields, in the order of ``FIELDS``.
        silent: which turn says and calls nothing; empty if all do.
        spoken: which languages question and answer look like; filled in by who asks for it.
        broken: why the row is no example of its kind; empty if it is one.
    """

    named: Named
    question: str
    answer: str
    whole: str
    sizes: tuple[int, ...]
    broken: str = ""
    silent: str = ""
    spoken: tuple[int, int] = (0, 0)


def parts_of(kind: Kind, texts: Sequence[str]) -> Parts:
    """Return the parts of a row's texts, given in the order of ``FIELDS[kind]``; never raises."""
    match kind:
        case Kind.TRIPLE:
            instruction, given, output = texts
            question = f"{instruction}\n{given}" if given else instruction
            named: Named = (("instruction", instruction), ("input", given), ("output", output))
            sizes = (len(instruction), len(given), len(output))
            return Parts(named, question, output, f"{question}\n{output}", sizes)
        case Kind.TEXT:
            return Parts((("text", texts[0]),), "", texts[0], texts[0], (len(texts[0]),))
        case Kind.CONVERSATION:
            turns, broken = _turns(texts[0])
            named = _named(turns) or (("messages", texts[0]),) * bool(broken)
            size = sum(len(text) for _, text in named)
            return _conversation(turns, named, (size, len(texts[1])), broken)
        case Kind.PREFERENCE:
            return _preference(texts)


def _conversation(
    turns: Sequence[Turn], named: Named, sizes: tuple[int, ...], broken: str
) -> Parts:
    first = next((at for at, turn in enumerate(turns) if turn["role"] == ASSISTANT), len(turns))
    asked = [turn_text(turn) for turn in turns[:first] if turn["role"] == USER]
    answers = [turn_text(turn) for turn in turns if turn["role"] == ASSISTANT]
    whole = "\n".join(text for _, text in named)
    pairs = zip(named, turns, strict=False)
    silent = next(
        (n for (n, said), turn in pairs if not said.strip() and "tool_calls" not in turn), ""
    )
    return Parts(named, "\n".join(asked), "\n".join(answers), whole, sizes, broken, silent)


def _preference(texts: Sequence[str]) -> Parts:
    prompt, chosen, rejected, messages = texts
    turns, broken = _turns(messages)
    before = _named(turns)
    named = (*before, ("prompt", prompt), ("chosen", chosen), ("rejected", rejected))
    said = "\n".join(text for _, text in before)
    sizes = (len(prompt), len(chosen), len(rejected), sum(len(text) for _, text in before))
    question = f"{said}\n{prompt}" if said else prompt
    whole = "\n".join(text for _, text in named)
    return Parts(named, question, f"{chosen}\n{rejected}".strip(), whole, sizes, broken)


def _turns(text: str) -> tuple[tuple[Turn, ...], str]:
    try:
        return turns_of(text), ""
    except ExampleError as err:
        return (), str(err)


def _named(turns: Sequence[Turn]) -> Named:
    return tuple(
        (f"turn {number} ({turn['role']})", turn_text(turn)) for number, turn in enumerate(turns, 1)
    )
