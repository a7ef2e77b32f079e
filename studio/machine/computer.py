"""Which computer this is, so that a run that was copied from another one is known as such."""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_MACHINE_IDS = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_MADE_UP = 1 << 40
"""Python sets this bit of a network address that it had to make up."""


@dataclass(frozen=True, slots=True)
class Computer:
    """One computer, and since when it is up.

    Attributes:
        name: as its user calls it.
        mark: tells it from others, and tells nobody its machine id; empty when there is none.
        boot: another one after each start; empty where the system does not tell.
    """

    name: str
    mark: str = ""
    boot: str = ""

    def note(self) -> dict[str, str]:
        """Return it as plain values, to be written into a file."""
        return {"name": self.name, "mark": self.mark, "boot": self.boot}

    def is_named_by(self, note: Mapping[str, Any]) -> bool:
        """Return whether a note is of this computer; one that names none could be of any.

        A computer keeps its mark when it is renamed; names decide where a mark is missing.
        """
        mark, name = str(note.get("mark") or ""), str(note.get("name") or "")
        if mark and self.mark:
            return mark == self.mark
        return not name or name == self.name

    def booted_since(self, note: Mapping[str, Any]) -> bool:
        """Return whether this computer was started anew since the note was written."""
        boot = str(note.get("boot") or "")
        return bool(boot and self.boot) and boot != self.boot


@functools.cache
def this_computer() -> Computer:
    """Return the computer this process runs on."""
    machine = next((text for path in _MACHINE_IDS if (text := _read(path))), "")
    if not machine and os.name == "nt":
        machine = _windows_id()
    if not machine and not (node := uuid.getnode()) & _MADE_UP:
        machine = f"{node:x}"
    mark = hashlib.sha256(f"graft-studio {machine}".encode()).hexdigest()[:16] if machine else ""
    return Computer(platform.node(), mark, _read(_BOOT_ID))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return ""


def _windows_id() -> str:
    import winreg  # exists on Windows only

    key = r"SOFTWARE\Microsoft\Cryptography"
    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key) as opened:  # type: ignore[attr-defined,unused-ignore]
            return str(winreg.QueryValueEx(opened, "MachineGuid")[0])  # type: ignore[attr-defined,unused-ignore]
    except OSError:
        return ""


@functools.cache
def processor_name() -> str:
    """Return the processor's name as its maker writes it; empty where the system does not say."""
    for line in _read(Path("/proc/cpuinfo")).splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor()
