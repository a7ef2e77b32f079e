"""LLaMA-Factory's dataset_info.json: which files there are, in which layout, with which columns."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from studio.core.example import Kind
from studio.core.problems import DataError
from studio.data import layouts
from studio.data.jsonrows import reason
from studio.data.layouts import Layout, Reading
from studio.data.loading import sync_folder
from studio.data.schema import unwritable

FILE = "dataset_info.json"
_MOST = 16 * 1024 * 1024
"""Bytes; a longer one is no list of datasets."""
_ALPACA = {
    "prompt": layouts.INSTRUCTION,
    "query": layouts.INPUT,
    "response": layouts.OUTPUT,
    "system": layouts.SYSTEM,
    "history": layouts.HISTORY,
}
_SHAREGPT = {"messages": layouts.MESSAGES, "system": layouts.SYSTEM, "tools": layouts.TOOLS}
_USUAL = {
    "prompt": "instruction",
    "query": "input",
    "response": "output",
    "messages": "conversations",
}
"""The columns of an entry that names none."""
_TAGS = {
    "role_tag": "from",
    "content_tag": "value",
    "user_tag": "human",
    "assistant_tag": "gpt",
    "observation_tag": "observation",
    "function_tag": "function_call",
    "system_tag": "system",
}


@dataclass(frozen=True, slots=True)
class InfoEntry:
    """One dataset that a dataset_info.json names.

    Attributes:
        name: what it is called there.
        path: its file; None if it is none on this disk.
        hub: owner/name on the Hub, if it is there.
        config: the Hub's name of the part that is meant.
        split: the Hub's split.
        reading: its columns and what they are; None if it cannot be read.
        trouble: why it cannot be taken, as a sentence.
    """

    name: str
    path: Path | None = None
    hub: str = ""
    config: str = ""
    split: str = ""
    reading: Reading | None = None
    trouble: str = ""


def read_info(path: Path) -> list[InfoEntry]:
    """Return the datasets that a dataset_info.json names, in its order.

    Raises:
        DataError: it cannot be read, or is not JSON; the sentence says at which line and column.
    """
    try:
        if path.stat().st_size > _MOST:
            raise DataError(f"{path.name} is too large to be a list of datasets.")
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as err:
        raise DataError(f"{path.name} is not UTF-8.", "Save it as UTF-8.") from err
    except OSError as err:
        raise DataError(f"{path.name} cannot be read: {err.strerror or err}.") from err
    try:
        found = json.loads(text)
    except json.JSONDecodeError as err:
        raise DataError(
            f"{path.name} is not JSON: line {err.lineno}, {reason(err)}.",
            "Mend that line, then open it again.",
        ) from err
    except RecursionError as err:
        raise DataError(f"{path.name} is nested too deeply.") from err
    if not isinstance(found, dict):
        raise DataError(f"{path.name} is not a list of datasets by name.")
    return [_entry(str(name), value, path.parent) for name, value in found.items()]


def looks_like_info(path: Path) -> bool:
    """Return whether a file is a dataset_info.json, by its name."""
    return path.name.lower() == FILE


def _entry(name: str, value: Any, folder: Path) -> InfoEntry:
    if not isinstance(value, dict):
        return InfoEntry(name, trouble="It is not an object with a file.")
    try:
        reading = _reading(value)
    except ValueError as err:
        return InfoEntry(name, trouble=str(err))
    hub = value.get("hf_hub_url") or value.get("ms_hub_url") or value.get("om_hub_url")
    if isinstance(hub, str):
        return _hub_entry(name, value, hub, reading)
    file = value.get("file_name")
    if not isinstance(file, str) or not file:
        what = "needs a script" if "script_url" in value else "names no file"
        return InfoEntry(name, trouble=f"It {what}; only files and the Hub can be read.")
    outside = _outside(file)
    if outside:
        return InfoEntry(name, trouble=outside)
    place = folder / file
    if not place.resolve().is_relative_to(folder.resolve()):
        return InfoEntry(name, trouble=f"{file} leads out of the folder of {FILE}.")
    if not place.exists():
        return InfoEntry(name, reading=reading, trouble=f"There is no {file} beside {FILE}.")
    return InfoEntry(name, place, reading=reading)


def _outside(file: str) -> str:
    parts = PurePosixPath(file.replace("\\", "/")).parts
    absolute = PurePosixPath(file).is_absolute() or bool(PureWindowsPath(file).anchor)
    if absolute or ".." in parts:
        return f"{file[:80]} lies outside the folder of {FILE}; move it there."
    return ""


def _hub_entry(name: str, value: Mapping[str, Any], hub: str, reading: Reading) -> InfoEntry:
    if not isinstance(value.get("hf_hub_url"), str):
        return InfoEntry(name, trouble="It is on another hub; only Hugging Face can be asked.")
    return InfoEntry(
        name,
        hub=hub,
        config=str(value.get("subset") or ""),
        split=str(value.get("split") or "train"),
        reading=reading,
    )


def _reading(value: Mapping[str, Any]) -> Reading:
    """Return what the columns of an entry are.

    Raises:
        ValueError: the layout is not known; a sentence.
    """
    formatting, tags = value.get("formatting", "alpaca"), value.get("tags") or {}
    columns = value.get("columns") or _USUAL
    named = isinstance(columns, dict) and all(isinstance(x, str) for x in columns.values())
    if not named or not isinstance(tags, dict):
        raise ValueError("Its columns or tags are not names by name.")
    if formatting not in ("alpaca", "sharegpt", "openai"):
        raise ValueError(f"Its formatting is {str(formatting)[:40]!r}; it is alpaca or sharegpt.")
    if media := next((kind for kind in ("images", "videos", "audios") if kind in columns), ""):
        raise ValueError(f"It has {media}, and only text can be read.")
    openai = formatting == "openai" or tags.get("role_tag") == "role"
    if value.get("ranking") or "kto_tag" in columns:
        return _judged(columns, alpaca=formatting == "alpaca")
    if formatting != "alpaca":
        roles = _roles(columns, _SHAREGPT)
        return Reading(Kind.CONVERSATION, Layout.OPENAI if openai else Layout.SHAREGPT, roles)
    if columns.keys() & {"system", "history"}:
        return Reading(Kind.CONVERSATION, Layout.ALPACA_HISTORY, _roles(columns, _ALPACA))
    if "prompt" in columns and not columns.keys() & {"query", "response"}:
        return Reading(Kind.TEXT, Layout.TEXT, {columns["prompt"]: layouts.TEXT})
    return Reading(Kind.TRIPLE, Layout.ALPACA, _roles(columns, _ALPACA))


def _judged(columns: Mapping[str, str], *, alpaca: bool) -> Reading:
    """Return what the columns of preferences are: pairs, or single answers with a mark."""
    marked = "kto_tag" in columns
    answer = {"response": layouts.CHOSEN} if marked and alpaca else {}
    theirs = {"prompt": layouts.PROMPT, "query": layouts.INPUT} if alpaca else _SHAREGPT
    judged = {"chosen": layouts.CHOSEN, "rejected": layouts.REJECTED, "kto_tag": layouts.LABEL}
    roles = _roles(columns, theirs | answer | judged)
    roles = {name: role for name, role in roles.items() if role != layouts.TOOLS}
    layout = {
        (True, True): Layout.KTO,
        (True, False): Layout.KTO_TURNS,
        (False, True): Layout.PREFERENCE,
        (False, False): Layout.PREFERENCE_SHAREGPT,
    }[marked, alpaca]
    return Reading(Kind.PREFERENCE, layout, roles)


def _roles(columns: Mapping[str, str], roles: Mapping[str, str]) -> dict[str, str]:
    return {columns[theirs]: role for theirs, role in roles.items() if columns.get(theirs)}


def entry_of(file: Path, reading: Reading) -> dict[str, Any]:
    """Return what LLaMA-Factory has to be told about a file."""
    column = {role: name for name, role in reading.roles.items()}
    made: dict[str, Any] = {"file_name": file.name}
    spoken = layouts.MESSAGES in column
    if reading.kind is Kind.PREFERENCE and layouts.REJECTED in column:
        made["ranking"] = True
    if spoken:
        made["formatting"] = "sharegpt"
    made["columns"] = dict(_columns_of(column, spoken=spoken))
    if reading.layout in (Layout.OPENAI, Layout.KTO_TURNS):
        made["tags"] = _TAGS | {
            "role_tag": "role",
            "content_tag": "content",
            "user_tag": "user",
            "assistant_tag": "assistant",
            "observation_tag": "tool",
        }
    return made


def _columns_of(column: Mapping[str, str], *, spoken: bool) -> Iterator[tuple[str, str]]:
    names = {
        "messages": (layouts.MESSAGES,),
        "prompt": (layouts.INSTRUCTION, layouts.PROMPT, layouts.TEXT),
        "query": (layouts.INPUT,),
        "response": (layouts.OUTPUT,),
        "chosen": (layouts.CHOSEN,),
        "rejected": (layouts.REJECTED,),
        "system": (layouts.SYSTEM,),
        "tools": (layouts.TOOLS,),
        "history": (layouts.HISTORY,),
        "kto_tag": (layouts.LABEL,),
    }
    for theirs, ours in names.items():
        name = next((column[role] for role in ours if role in column), "")
        if theirs == "chosen" and layouts.LABEL in column:
            theirs = "response"  # of marked answers there is one
        if name:
            yield theirs, name


def write_entry(file: Path, reading: Reading) -> Path:
    """Write a file's entry into the dataset_info.json beside it; other entries stay.

    Raises:
        DataError: there is one that is not JSON, or it cannot be written.
    """
    path = file.with_name(FILE)
    entries: dict[str, Any] = {}
    if path.exists():
        read_info(path)
        entries = json.loads(path.read_bytes().decode("utf-8-sig"))
    name = file.name.split(".")[0]
    entries[name] = entry_of(file, reading)
    staged = path.with_name(f".{path.name}.partial")
    try:
        staged.write_text(json.dumps(entries, ensure_ascii=False, indent=2) + "\n", "utf-8")
        staged.replace(path)
        sync_folder(path.parent)
    except OSError as err:
        raise unwritable(path, err) from err
    finally:
        staged.unlink(missing_ok=True)
    return path
