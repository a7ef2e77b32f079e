"""Texts that were read or written with the wrong encoding, and characters nobody sees."""

from __future__ import annotations

import re
from collections.abc import Iterator

from studio.data.checks.emptiness import Found
from studio.data.checks.parts import Parts

_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f]")
_HIDDEN = re.compile("[\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_REPLACED = "\ufffd"

_BYTES = {chr(byte): byte for byte in range(0x80, 0x100)}
_BYTES |= {
    bytes([byte]).decode("cp1252"): byte
    for byte in range(0x80, 0xA0)
    if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}
_MORE = "".join(char for char, byte in _BYTES.items() if byte < 0xC0)
_MOJIBAKE = re.compile(
    f"(?:[\u00c2-\u00df][{re.escape(_MORE)}]|[\u00e0-\u00ef][{re.escape(_MORE)}]{{2}}"
    f"|[\u00f0-\u00f4][{re.escape(_MORE)}]{{3}})+"
)
"""UTF-8 that was read as Latin-1 or Windows-1252."""
_QUOTES = frozenset("«»‘’“”‚„‹›…–—")


def find(parts: Parts) -> Found:
    """Return what is damaged in a row."""
    whole = parts.whole
    found: Found = []
    if (hit := _CONTROL.search(whole)) is not None:
        found.append(("control", f"U+{ord(hit[0]):04X}"))
    if whole.isascii():
        return found
    if (hit := _HIDDEN.search(whole)) is not None:
        found.append(("hidden", f"U+{ord(hit[0]):04X}"))
    if _REPLACED in whole:
        found.append(("replaced", ""))
    if (hit := _SURROGATE.search(whole)) is not None:
        found.append(("half_character", f"U+{ord(hit[0]):04X}"))
    if (damaged := next(_damaged(whole), None)) is not None:
        found.append(("mojibake", f"{damaged} → {_read_right(damaged)}"))
    return found


def without_controls(text: str) -> str:
    """Return a text without control characters; line ends and tabs stay."""
    return _CONTROL.sub("", text)


def without_hidden(text: str) -> str:
    """Return a text without characters of no width and marks that turn its direction."""
    return _HIDDEN.sub("", text)


def without_surrogates(text: str) -> str:
    """Return a text without halves of characters."""
    return _SURROGATE.sub("", text)


def repaired(text: str) -> str:
    """Return a text with what was read with the wrong encoding read right."""
    return _MOJIBAKE.sub(lambda hit: _read_right(hit[0]) if _is_damage(hit[0]) else hit[0], text)


def _damaged(text: str) -> Iterator[str]:
    return (hit[0] for hit in _MOJIBAKE.finditer(text) if _is_damage(hit[0]))


def _is_damage(run: str) -> bool:
    """Tell damage from an accented capital that a quotation mark happens to follow."""
    if not _read_right(run):
        return False
    return len(run) > 2 or run[0] in "ÂÃ" or run[1] not in _QUOTES


def _read_right(run: str) -> str:
    """Return what a run of characters says when read as UTF-8; empty if it is none."""
    try:
        read = bytes(_BYTES[char] for char in run).decode("utf-8")
    except (KeyError, UnicodeDecodeError):
        return ""
    return read if all(char.isprintable() or char == "\xa0" for char in read) else ""
