"""The user's preferences, typed, in one TOML file that a broken hand edit cannot take down."""

from __future__ import annotations

import os
import time
import tomllib
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from studio.core.problems import StudioError

THEMES = ("system", "light", "dark")
CHAT_AT_START = ("ask", "unload", "keep")


@dataclass(frozen=True, slots=True)
class Values:
    """All preferences.

    Attributes:
        theme: system, light or dark.
        page: the page that was open last.
        geometry: the window's place as Qt saved it, in hexadecimal.
        splitters: sizes in px by the splitter's name.
        level: how many settings the form shows: simple, standard or everything.
        offline: whether no model is searched for or downloaded, not even when asked.
        plain: whether answers in Chat are shown as they were written, marks and all.
        columns: columns of the table of runs that were put in or out, by their titles.
        chat_at_start: what becomes of the chat's model when a run starts: ask, unload or keep.
        sorts: by what a dataset's rows are sorted, by the dataset's uid; a minus turns it round.
    """

    theme: str = "system"
    page: str = "Data"
    geometry: str = ""
    splitters: dict[str, list[int]] = field(default_factory=dict)
    level: str = "simple"
    offline: bool = False
    plain: bool = False
    chat_at_start: str = "ask"
    sorts: dict[str, str] = field(default_factory=dict)
    columns: dict[str, bool] = field(default_factory=dict)


class Settings(QObject):
    """Reads the preferences once and writes each change at once; the studio owns it.

    Signals:
        changed(str): the name of the preference that has another value now.

    Attributes:
        values: all preferences as they stand.
        bad_copy: where an unreadable file was put aside, or None.
    """

    changed = Signal(str)

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self.bad_copy: Path | None = None
        self.values = self._read()

    def set(self, name: str, value: Any) -> None:
        """Change one preference and write the file.

        Raises:
            StudioError: there is no such preference, or the file cannot be written.
        """
        changed = _typed(self.values, name, value)
        if changed is None:
            raise StudioError(f"{name} = {value!r} is not a preference of this program.")
        if changed == self.values:
            return
        self.values = changed
        self._write()
        self.changed.emit(name)

    def restore(self, values: Values) -> None:
        """Put all preferences back to what they were.

        Raises:
            StudioError: the file cannot be written.
        """
        if values != self.values:
            self.values = values
            self._write()

    def splitter(self, name: str) -> list[int]:
        """Return the remembered sizes (px) of a splitter; empty if there are none."""
        return self.values.splitters.get(name, [])

    def _read(self) -> Values:
        try:
            found = tomllib.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return Values()
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
            self._put_aside()
            return Values()
        values = Values()
        for name, value in found.items():
            values = _typed(values, name, value) or values
        return values

    def _put_aside(self) -> None:
        """Keep what could not be read beside the new file, so that nothing of it is lost."""
        copy = self._path.with_name(f"{self._path.stem}-unreadable-{int(time.time())}.toml")
        try:
            os.replace(self._path, copy)
        except OSError:
            return  # it cannot even be moved; the defaults hold for this session
        self.bad_copy = copy

    def _write(self) -> None:
        import tomlkit  # only what writes pays for it: the window reads before it paints

        new = self._path.with_name(self._path.name + ".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            new.write_text(tomlkit.dumps(asdict(self.values)), encoding="utf-8")
            os.replace(new, self._path)
        except OSError as err:
            raise StudioError(
                f"The preferences could not be kept in {self._path}: {err.strerror or err}.",
                "They hold until the window is closed.",
            ) from err


def _typed(values: Values, name: str, value: Any) -> Values | None:
    """Return the values with one changed, or None if the change makes no sense."""
    known = {f.name: type(getattr(values, f.name)) for f in fields(Values)}
    if name not in known or type(value) is not known[name]:
        return None
    if name == "theme" and value not in THEMES:
        return None
    if name == "chat_at_start" and value not in CHAT_AT_START:
        return None
    if name == "splitters":
        value = {
            str(key): sizes
            for key, sizes in value.items()
            if isinstance(sizes, list) and all(type(size) is int for size in sizes)
        }
    if name == "sorts":
        value = {str(key): sort for key, sort in value.items() if isinstance(sort, str)}
    if name == "columns":
        value = {str(key): on for key, on in value.items() if type(on) is bool}
    return replace(values, **{name: value})
