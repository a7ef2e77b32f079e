"""Turns the texts of a preference back into the columns of a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from studio.core.example import ASSISTANT, SYSTEM, USER
from studio.data import layouts
from studio.data.turns import Turns, is_turn, is_turns, unpacked
from studio.data.turnwriting import Manner, manner_of, stored_turns, turns_in_manner

Values = dict[str, Any]
Columns = Mapping[str, str]


def pair_values(
    columns: Columns, texts: Sequence[str], base: Values, manner: Manner
) -> list[Values]:
    """Return the records of a preference: one, or one for each marked answer.

    Raises:
        ValueError: these columns cannot hold it; the reason as the end of a sentence.
    """
    prompt, chosen, rejected, context = texts
    before = _take_system(columns, stored_turns(context), base)
    if layouts.LABEL in columns and layouts.REJECTED not in columns:
        marked = [(text, good) for text, good in ((chosen, True), (rejected, False)) if text]
        if not marked:
            raise ValueError("it has no answer that could be marked")
        return [
            _marked(columns, before, prompt, text, dict(base), manner)
            | {columns[layouts.LABEL]: mark}
            for text, good in marked
            for mark in (_mark(base.get(columns[layouts.LABEL]), good),)
        ]
    if not chosen or not rejected:
        raise ValueError("it has only one answer; export it as KTO")
    _compared(columns, before, prompt, (chosen, rejected), base, manner)
    return [base]


def _mark(before: Any, good: bool) -> Any:
    """Return a mark as the file writes its own."""
    if isinstance(before, str):
        words = ("1", "0") if before.strip() in ("0", "1") else ("true", "false")
        return words[0] if good else words[1]
    return good


def _marked(
    columns: Columns, before: Turns, prompt: str, answer: str, base: Values, manner: Manner
) -> Values:
    if layouts.CHOSEN in columns:
        _ask(columns, before, prompt, base, manner)
        name = columns[layouts.CHOSEN]
        base[name] = _answer(answer, base.get(name), manner, turns=False)
        return base
    name = columns[layouts.MESSAGES]
    turns = [*before, *_question(prompt), {"role": ASSISTANT, "content": answer}]
    base[name] = turns_in_manner(turns, manner_of(base.get(name), manner))
    return base


def _compared(
    columns: Columns,
    before: Turns,
    prompt: str,
    answers: tuple[str, str],
    base: Values,
    manner: Manner,
) -> None:
    asked = layouts.MESSAGES in columns or layouts.PROMPT in columns
    spoken = manner.spoken or bool(before)
    if asked:
        _ask(columns, before, prompt, base, manner)
    for role, text in zip((layouts.CHOSEN, layouts.REJECTED), answers, strict=True):
        name = columns[role]
        old = base.get(name)
        if asked and not _says_all(old):
            base[name] = _answer(text, old, manner, turns=spoken)
            continue
        turns = [*before, *_question(prompt), {"role": ASSISTANT, "content": text}]
        base[name] = turns_in_manner(turns, manner_of(old, manner))


def _says_all(old: Any) -> bool:
    """Return whether the file's answers say the question again."""
    found = unpacked(old)
    return isinstance(found, list) and len(found) > 1


def _ask(columns: Columns, before: Turns, prompt: str, base: Values, manner: Manner) -> None:
    """Write the question, and what was said before it, into their column."""
    if layouts.MESSAGES in columns:
        name = columns[layouts.MESSAGES]
        turns = [*before, *_question(prompt)]
        base[name] = turns_in_manner(turns, manner_of(base.get(name), manner))
        return
    name = columns[layouts.PROMPT]
    old = base.get(name)
    if before or _speaks(old) or (old is None and manner.spoken):
        turns = [*before, *_question(prompt)]
        base[name] = turns_in_manner(turns, manner_of(old, manner))
        return
    given = columns.get(layouts.INPUT)
    more = base.get(given) if given is not None else None
    if isinstance(more, str) and more and prompt.endswith("\n" + more):
        prompt = prompt.removesuffix("\n" + more)
    elif given is not None:
        base[given] = ""
    base[name] = prompt


def _answer(text: str, old: Any, manner: Manner, *, turns: bool) -> Any:
    """Return an answer as the file writes it: a text, a turn or a list of one turn."""
    if not (_speaks(old) or (turns and old is None)):
        return text
    made = turns_in_manner([{"role": ASSISTANT, "content": text}], manner_of(old, manner))
    one = is_turn(unpacked(old)) or (old is None and manner.who == "from")
    return made[0] if one and isinstance(made, list) else made


def _question(prompt: str) -> Turns:
    return [{"role": USER, "content": prompt}] if prompt else []


def _speaks(value: Any) -> bool:
    return isinstance(value, list) or is_turn(unpacked(value)) or is_turns(value)


def _take_system(columns: Columns, turns: Turns, base: Values) -> Turns:
    name = columns.get(layouts.SYSTEM)
    if name is None:
        return turns
    if turns and turns[0].get("role") == SYSTEM and isinstance(turns[0].get("content"), str):
        base[name] = turns[0]["content"]
        return turns[1:]
    base[name] = ""
    return turns
