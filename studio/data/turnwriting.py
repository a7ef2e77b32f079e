"""Turns and tools in the forms that files have them in, from the one they are stored in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from studio.core.example import ASSISTANT, SYSTEM, TOOL, USER
from studio.data.jsonrows import DECODER
from studio.data.rowvalues import dump
from studio.data.turns import CALL, ROLE_OF, SAYS, WHO, Turns, is_turn, unpacked

_CALL_KEYS = {"role", "content", "tool_calls"}


@dataclass(frozen=True, slots=True)
class Manner:
    """How a file writes its turns.

    Attributes:
        who: the key that says who speaks.
        says: the key of what is said.
        names: the file's name of each role.
        calls: whether a call of a tool is a turn of its own, with the call as JSON text.
        packed: whether the turns are JSON text in a text.
        spoken: whether questions and answers of preferences are turns as well.
    """

    who: str = "role"
    says: str = "content"
    names: Mapping[str, str] = field(default_factory=dict)
    calls: bool = False
    packed: bool = False
    spoken: bool = False


OPENAI = Manner()
SPOKEN = Manner(spoken=True)
SHAREGPT = Manner(
    "from",
    "value",
    {SYSTEM: "system", USER: "human", ASSISTANT: "gpt", TOOL: "observation"},
    calls=True,
)
SHAREGPT_SPOKEN = replace(SHAREGPT, spoken=True)


def manner_of(value: Any, otherwise: Manner) -> Manner:
    """Return how the turns in a cell are written; another manner where it does not show."""
    found = unpacked(value)
    turns = [found] if is_turn(found) else found
    if not isinstance(turns, list) or not turns or not all(map(is_turn, turns)):
        return otherwise
    first = turns[0]
    who = next(key for key in WHO if key in first)
    says = next((key for key in SAYS for turn in turns if key in turn), otherwise.says)
    standard = SHAREGPT.names if who == "from" else {}
    used = {ROLE_OF[n]: n for turn in turns if (n := turn.get(who)) in ROLE_OF and n != CALL}
    packed = isinstance(value, str)
    return Manner(who, says, {**standard, **used}, who == "from", packed, otherwise.spoken)


def turns_in_manner(turns: Sequence[Mapping[str, Any]], manner: Manner) -> Any:
    """Return turns as a file writes them."""
    made = [_turn(turn, manner) for turn in turns]
    return dump(made) if manner.packed else made


def _turn(turn: Mapping[str, Any], manner: Manner) -> dict[str, Any]:
    role = str(turn["role"])
    if manner.calls and turn.get("tool_calls") and not turn.get("content"):
        calls = [call.get("function", call) for call in turn["tool_calls"]]
        if set(turn) <= _CALL_KEYS:
            said = dump(calls[0] if len(calls) == 1 else calls)
            return {manner.who: CALL, manner.says: said}
    keys = {"role": manner.who, "content": manner.says}
    named = {**turn, "role": manner.names.get(role, role)}
    return {keys.get(key, key): value for key, value in named.items()}


def tools_in_manner(tools: Sequence[Mapping[str, Any]], before: Any, manner: Manner) -> Any:
    """Return tools as a file writes them.

    Args:
        tools: in the form they are stored in.
        before: what stood in the file, to tell how it writes them.
        manner: how it writes turns, for a file that had none.
    """
    old = unpacked(before)
    bare = manner.calls if not old else _is_bare(old)
    made = [tool["function"] if bare and _is_wrapped(tool) else tool for tool in tools]
    if isinstance(before, str) or (before is None and manner.calls):
        return dump(made) if made else ""
    return made


def _is_wrapped(tool: Mapping[str, Any]) -> bool:
    return set(tool) == {"type", "function"} and "name" in tool["function"]


def _is_bare(tools: Any) -> bool:
    first = tools[0] if isinstance(tools, list) and tools else tools
    return isinstance(first, dict) and "name" in first and "function" not in first


def stored_turns(text: str) -> Turns:
    """Return the turns or tools of a stored text, numbers as they were written.

    Raises:
        ValueError: it is no list of objects.
    """
    if not text:
        return []
    try:
        found = DECODER.decode(text)
    except RecursionError as err:
        raise ValueError("it is nested too deeply") from err
    except json.JSONDecodeError as err:
        raise ValueError("its turns are not JSON") from err
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise ValueError("its turns are not a list of objects")
    return found
