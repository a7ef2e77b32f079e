"""Examples as the messages that a chat template takes, and which of them are learned."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from studio.core.example import (
    ASSISTANT,
    SYSTEM,
    TURN_ROLES,
    USER,
    Conversation,
    Preference,
    Triple,
    Turn,
    turn_text,
)

DEVELOPER = "developer"
"""The newer name of the system role."""
_ENOUGH = 200
"""Characters of a turn's end in which its last word is looked for."""
_WORD = re.compile(r"\w+")


@dataclass(slots=True)
class Chat:
    """A conversation for a template.

    Attributes:
        messages: in the field's usual form; contents are text.
        tools: JSON schemas of what may be called.
        answers: places in messages of what is learned.
        codes: what is wrong with the conversation, whatever the template.
    """

    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)

    def strings(self) -> Iterator[str]:
        """Yield all texts of the conversation."""
        yield from _strings(self.messages)
        yield from _strings(self.tools)


def chat_of(
    example: Triple | Conversation | Preference, system_prompt: str, *, rejected: bool = False
) -> Chat:
    """Return an example as a conversation.

    Args:
        example: any but running text.
        system_prompt: said first, unless the example has a system turn of its own.
        rejected: of a preference, take the worse answer.
    """
    match example:
        case Triple():
            turns = [{"role": USER, "content": example.question}]
            return _asked(turns, example.output, system_prompt)
        case Preference():
            turns = [*_plain(example.context), {"role": USER, "content": example.prompt}]
            answer = example.rejected if rejected else example.chosen
            return _asked(turns, answer, system_prompt, _codes(example.context))
        case Conversation():
            turns = _plain(example.turns)
            chat = Chat(turns, [dict(tool) for tool in example.tools], codes=_codes(example.turns))
            _put_system(turns, system_prompt)
            _choose_answers(chat)
            return chat


def lost_turns(messages: Sequence[Turn], text: str) -> set[str]:
    """Return the roles of turns whose last word is not in what the template wrote."""
    lost = set()
    for message in messages:
        content = message.get("content")
        if isinstance(content, str):
            words = _WORD.findall(content[-_ENOUGH:])
            if words and words[-1] not in text:
                lost.add(str(message["role"]))
    return lost


def called(message: Turn) -> list[str]:
    """Return the names of the functions that a turn calls."""
    calls = message.get("tool_calls")
    names = []
    for call in calls if isinstance(calls, list) else []:
        inner = call.get("function", call) if isinstance(call, dict) else {}
        if isinstance(inner, dict) and isinstance(inner.get("name"), str):
            names.append(inner["name"])
    return names


def _asked(
    turns: list[dict[str, Any]], answer: str, system_prompt: str, codes: Sequence[str] = ()
) -> Chat:
    _put_system(turns, system_prompt)
    if not answer.strip():
        return Chat(turns, codes=[*codes, "no_answer"])
    turns.append({"role": ASSISTANT, "content": answer})
    return Chat(turns, answers=[len(turns) - 1], codes=list(codes))


def _put_system(turns: list[dict[str, Any]], system_prompt: str) -> None:
    if system_prompt and not any(turn["role"] in (SYSTEM, DEVELOPER) for turn in turns):
        turns.insert(0, {"role": SYSTEM, "content": system_prompt})


def _choose_answers(chat: Chat) -> None:
    """Find the assistant turns that are learned; the first turn of all answers nothing."""
    for at, turn in enumerate(chat.messages):
        if turn["role"] != ASSISTANT or turn.get("weight") == 0:
            continue  # a weight of 0 is how files say that a turn is not learned
        if not any(before["role"] not in (SYSTEM, DEVELOPER) for before in chat.messages[:at]):
            chat.codes.append("answer_first")
        elif not turn.get("content", "").strip() and not called(turn):
            chat.codes.append("empty_turn")
        else:
            chat.answers.append(at)
    if not chat.answers:
        chat.codes = [code for code in chat.codes if code != "empty_turn"] + ["no_answer"]


def _codes(turns: Sequence[Turn]) -> list[str]:
    codes = []
    if any(turn["role"] not in (*TURN_ROLES, DEVELOPER) for turn in turns):
        codes.append("unknown_role")
    if any(_has_other_parts(turn.get("content")) for turn in turns):
        codes.append("not_text")
    return codes


def _has_other_parts(content: Any) -> bool:
    if not isinstance(content, list):
        return content is not None and not isinstance(content, str)
    return any(
        not isinstance(part, str) and not isinstance(dict(part or {}).get("text"), str)
        for part in content
        if isinstance(part, str | Mapping) or part is None
    )


def _plain(turns: Sequence[Turn]) -> list[dict[str, Any]]:
    """Return turns with contents as one text, calls with their arguments as objects, no nulls."""
    plain = []
    for turn in turns:
        kept = {key: value for key, value in turn.items() if value is not None}
        if "content" in kept:
            kept["content"] = turn_text(turn)
        if isinstance(kept.get("tool_calls"), list):
            kept["tool_calls"] = [_call(call) for call in kept["tool_calls"]]
        plain.append(kept)
    return plain


def _call(call: Any) -> Any:
    """Return a call as templates expect it: some files have the arguments as JSON in a text."""
    inner = call.get("function") if isinstance(call, dict) else None
    if not isinstance(inner, dict) or not isinstance(inner.get("arguments"), str):
        return call
    try:
        arguments = json.loads(inner["arguments"])
    except (ValueError, RecursionError):
        return call
    if not isinstance(arguments, dict):
        return call
    return {**call, "function": {**inner, "arguments": arguments}}


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _strings(inner)
