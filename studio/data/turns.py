"""Turns and tools of conversations from the forms files have them in to the field's usual one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from studio.core.example import ASSISTANT, SYSTEM, TOOL, TURN_ROLES, USER
from studio.data.jsonrows import DECODER
from studio.data.rowvalues import Number, RowFault, dump, optional_text

_ROLES = {
    SYSTEM: (SYSTEM, "developer"),
    USER: (USER, "human", "prompter"),
    ASSISTANT: (ASSISTANT, "gpt", "bot", "model", "chatgpt", "bing", "bard", "function_call"),
    TOOL: (TOOL, "observation", "function", "function_response", "tool_response", "ipython"),
}
Turns = list[dict[str, Any]]
ROLE_OF = {name: role for role, names in _ROLES.items() for name in names}
"""What each name that files use stands for."""
CALL = "function_call"
"""ShareGPT's name for an assistant turn whose value is a call of a tool, as JSON text."""
WHO, SAYS = ("role", "from"), ("content", "value")


def is_turn(value: Any) -> bool:
    """Return whether a value looks like one turn."""
    return isinstance(value, dict) and any(isinstance(value.get(key), str) for key in WHO)


def is_turns(value: Any) -> bool:
    """Return whether a value looks like turns: a list of them, also as JSON text."""
    found = unpacked(value)
    return isinstance(found, list) and bool(found) and all(is_turn(turn) for turn in found)


def unpacked(value: Any) -> Any:
    """Return what a JSON text holds, if it is the text of a list or an object; else the value."""
    if not isinstance(value, str) or value[:1] not in ("[", "{"):
        return value
    try:
        return DECODER.decode(value)
    except (ValueError, RecursionError):
        return value


def turns_in(column: str, value: Any) -> Turns:
    """Return the turns of a cell in the usual form.

    Raises:
        RowFault: it holds none, or one of them cannot be read as a turn of text.
    """
    found = unpacked(value)
    if is_turn(found):
        found = [found]
    if not isinstance(found, list):
        raise RowFault(f"{column} is not a list of turns")
    if not found:
        raise RowFault(f"{column} holds no turn")
    return [_turn(number, turn) for number, turn in enumerate(found, 1)]


def _turn(number: int, turn: Any) -> dict[str, Any]:
    if not isinstance(turn, dict):
        raise RowFault(f"turn {number} is not an object")
    who = next((key for key in WHO if key in turn), None)
    if who is None:
        raise RowFault(f"turn {number} has no role")
    named = turn[who]
    role = ROLE_OF.get(named.strip().lower()) if isinstance(named, str) else None
    if role is None:
        shown = repr(named)[:40] if isinstance(named, str) else "no text"
        raise RowFault(f"the role of turn {number} is {shown}, not one of {', '.join(TURN_ROLES)}")
    if named.strip().lower() == CALL and "tool_calls" not in turn:
        return _call(number, turn)
    says = next((key for key in SAYS if key in turn), None)
    if says is None and not turn.get("tool_calls"):
        raise RowFault(f"turn {number} has no content")
    content = None if says is None else _content(number, turn[says])
    if who == "role" and named == role and says in ("content", None) and content is turn.get(says):
        return turn
    rest = {key: value for key, value in turn.items() if key not in (who, says)}
    return {"role": role, "content": content} | rest


def _content(number: int, content: Any) -> Any:
    if isinstance(content, str) or content is None:
        return content
    if isinstance(content, Number):
        return content.written
    if not isinstance(content, list):
        raise RowFault(f"the content of turn {number} is not text")
    for part in content:
        if isinstance(part, str):
            continue
        if not isinstance(part, dict) or not isinstance(part.get("text"), str):
            kind = part.get("type") if isinstance(part, dict) else None
            shown = f" but {kind!r}"[:40] if isinstance(kind, str) and kind != "text" else ""
            raise RowFault(f"a part of turn {number} is not text{shown}")
    return content


def _call(number: int, turn: Mapping[str, Any]) -> dict[str, Any]:
    """Return ShareGPT's call of a tool as the usual form has it."""
    value = next((turn[key] for key in SAYS if key in turn), None)
    calls = unpacked(value)
    if isinstance(calls, dict):
        calls = [calls]
    if not isinstance(calls, list) or not all(
        isinstance(call, dict) and isinstance(call.get("name"), str) for call in calls
    ):
        raise RowFault(f"turn {number} calls a tool, but is not JSON with a name and arguments")
    rest = {key: value for key, value in turn.items() if key not in (*WHO, *SAYS)}
    made = [{"type": "function", "function": call} for call in calls]
    return {"role": ASSISTANT, "content": "", "tool_calls": made} | rest


def tools_in(column: str, value: Any) -> Turns:
    """Return the tools of a cell in the usual form; none for an empty one.

    Raises:
        RowFault: it is not a list of objects.
    """
    if value is None or value == "":
        return []
    found = unpacked(value)
    if isinstance(found, dict):
        found = [found]
    if not isinstance(found, list) or not all(isinstance(tool, dict) for tool in found):
        raise RowFault(f"{column} is not a list of tools")
    return [
        tool if "function" in tool or "name" not in tool else {"type": "function", "function": tool}
        for tool in found
    ]


def past_in(column: str, value: Any) -> Turns:
    """Return the turns of an Alpaca history: pairs of what was asked and answered.

    Raises:
        RowFault: it is not a list of pairs of texts.
    """
    found = unpacked(value)
    if found is None or found in ("", []):
        return []
    if not isinstance(found, list):
        raise RowFault(f"{column} is not a list of pairs")
    made: Turns = []
    for pair in found:
        if (
            not isinstance(pair, list)
            or len(pair) != 2
            or not all(isinstance(x, str) for x in pair)
        ):
            raise RowFault(f"{column} is not a list of pairs of question and answer")
        made += ({"role": USER, "content": pair[0]}, {"role": ASSISTANT, "content": pair[1]})
    return made


def stored(items: Turns) -> str:
    """Return turns or tools as they are stored, numbers as they were written; empty for none."""
    if not items:
        return ""
    try:
        return json.dumps(items, ensure_ascii=False)
    except TypeError:  # a number that keeps how it was written
        return dump(items)


def system_turn(name: str | None, values: Mapping[str, Any], turns: Turns) -> Turns:
    """Return the turn that a column with the system's text makes before these turns.

    Raises:
        RowFault: the turns begin with another one already.
    """
    said = optional_text(name, values)
    if not said:
        return []
    if turns and turns[0]["role"] == SYSTEM:
        if turns[0].get("content") == said:
            return []
        raise RowFault(f"it has two system texts, in the column {name} and in the first turn")
    return [{"role": SYSTEM, "content": said}]
