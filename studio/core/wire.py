"""One JSON object a line: how frozen dataclasses travel between processes and into event files.

A line is ``{"kind": "ClassName", ...fields}``. Unknown fields are ignored and unknown kinds are
kept as :class:`Unknown`, so that an older reader can follow a newer writer. NaN and infinities,
which JSON lacks, travel as the strings "NaN", "Infinity" and "-Infinity".
"""

from __future__ import annotations

import dataclasses
import json
import math
import types
import typing
from collections.abc import Iterable, Iterator
from typing import Any

MAX_LINE = 32 * 1024 * 1024
"""Bytes; a longer line is an error, whoever sent it."""
_KEPT_OF_BAD = 2000
"""Bytes kept of a line that could not be decoded."""
_STRANGE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


@dataclasses.dataclass(frozen=True, slots=True)
class Unknown:
    """A line of a kind this reader does not know; shown in the log and otherwise ignored."""

    kind: str
    raw: dict[str, Any]


class Codec:
    """Encodes and decodes a closed set of dataclasses.

    Args:
        kinds: the dataclasses; their class names are the kinds. Fields may be str, int, float,
            bool, dict, list, a union of these with None, or nested tuples of plain values.
    """

    def __init__(self, kinds: Iterable[type]) -> None:
        self._kinds = {cls.__name__: cls for cls in kinds}
        self._hints = {name: typing.get_type_hints(cls) for name, cls in self._kinds.items()}

    def encode(self, message: Any) -> bytes:
        """Return the message as one line of UTF-8 JSON, newline included."""
        if isinstance(message, Unknown):
            body = message.raw
        else:
            body = {"kind": type(message).__name__, **_plain(dataclasses.asdict(message))}
        text = json.dumps(body, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "surrogatepass") + b"\n"

    def decode(self, line: bytes) -> Any:
        """Read one line.

        Raises:
            ValueError: not a JSON object, a field is missing or has the wrong type, or the line
                is too long.
        """
        if len(line) > MAX_LINE:
            raise ValueError(f"a line of {len(line)} bytes is longer than {MAX_LINE}")
        try:
            body = json.loads(line.decode("utf-8", "surrogatepass"))
        except RecursionError as err:
            raise ValueError("the line is nested too deeply") from err
        if not isinstance(body, dict):
            raise ValueError(f"not a message: {line[:80]!r}")
        kind = str(body.get("kind", ""))
        cls = self._kinds.get(kind)
        if cls is None:
            return Unknown(kind, body)
        known = {
            name: _checked(kind, name, body[name], hint)
            for name, hint in self._hints[kind].items()
            if name in body
        }
        try:
            return cls(**known)
        except TypeError as err:
            raise ValueError(f"{kind}: {err}") from err


class LineReader:
    """Splits a byte stream into lines and decodes them; owns no file, pipe or thread.

    Attributes:
        bad_lines: the beginnings of the last lines that could not be decoded, at most 100, for
            the log.
        dropped_lines: how many lines were longer than MAX_LINE, and so were not kept.
    """

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._tail: list[bytes] = []
        self._tail_size = 0
        self.bad_lines: list[bytes] = []
        self.dropped_lines = 0

    def feed(self, chunk: bytes) -> Iterator[Any]:
        """Yield each message completed by ``chunk``; an unfinished line is kept for later."""
        *ends, rest = chunk.split(b"\n")
        for end in ends:
            self._keep(end)
            line, self._tail, self._tail_size = b"".join(self._tail), [], 0
            if not line.strip():
                continue
            try:
                yield self._codec.decode(line)
            except ValueError:
                self.bad_lines = [*self.bad_lines[-99:], line[:_KEPT_OF_BAD]]
        self._keep(rest)

    def _keep(self, piece: bytes) -> None:
        """Keep a piece of an unfinished line, unless the line has become too long."""
        before = self._tail_size
        self._tail_size += len(piece)
        if self._tail_size <= MAX_LINE:
            self._tail.append(piece)
        elif before <= MAX_LINE:
            self._tail = [b"".join(self._tail)[:_KEPT_OF_BAD]]  # not JSON, so it counts as bad
            self.dropped_lines += 1


def _plain(value: Any) -> Any:
    """Return the value with what JSON lacks replaced by strings."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _checked(kind: str, name: str, value: Any, hint: Any) -> Any:
    """Return the value in the type its field asks for."""
    allowed = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    for wanted in allowed:
        origin = typing.get_origin(wanted) or wanted
        if origin is Any:
            return value
        if origin is float and isinstance(value, str) and value in _STRANGE:
            return _STRANGE[value]
        if origin is float and isinstance(value, int) and not isinstance(value, bool):
            return _float_of(value)
        if origin is int and isinstance(value, bool):
            continue
        if origin is tuple and isinstance(value, list):
            return tuple(tuple(v) if isinstance(v, list) else v for v in value)
        if origin in (type(None), types.NoneType) and value is None:
            return None
        if isinstance(origin, type) and isinstance(value, origin):
            return value
    raise ValueError(f"{kind}: {name} is {type(value).__name__}, not {hint}")


def _float_of(value: int) -> float:
    try:
        return float(value)
    except OverflowError as err:
        raise ValueError("a whole number has more digits than a float can hold") from err
