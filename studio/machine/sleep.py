"""Keeps the machine awake while something trains, and hears of a suspend before it comes.

On Linux both go through logind, by children that end with this process however it ends: they read
from a pipe that only this process holds open.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

BOOTED = Path("/run/systemd/system")
"""There while logind can be asked; a container has none, and is not what would be suspended."""
_NAME = "Graft Studio"
_LOGIND = "org.freedesktop.login1"
_SIGNAL = "PrepareForSleep"
_LISTENERS = (
    ("gdbus", "monitor", "--system", "--dest", _LOGIND, "--object-path", "/org/freedesktop/login1"),
    ("dbus-monitor", "--system", f"type='signal',sender='{_LOGIND}',member='{_SIGNAL}'"),
)
_UNTIL_PIPE_ENDS = '"$@" & read -r _; kill "$!"'
"""For sh: run the rest of the command line until our end of the pipe is gone."""
_CONTINUOUS, _SYSTEM = 0x80000000, 0x00000001
"""Of SetThreadExecutionState."""


class SleepGuard:
    """Keeps the machine awake between hold and close.

    On Windows both have to be called on one thread, which must live in between.

    Args:
        why: half a sentence that the system may show, such as "Training hotel-1".
        told: called with True before a suspend and with False after it, on a thread of its own;
            let_sleep says that the suspend need not wait any longer. Linux only.
        booted: there if logind is.
    """

    def __init__(self, why: str, told: Callable[[bool], None], booted: Path = BOOTED) -> None:
        self._why, self._told, self._booted = why, told, booted
        self._awake: subprocess.Popen[bytes] | None = None
        self._delay: subprocess.Popen[bytes] | None = None
        self._ears: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._lock = threading.Lock()
        self.fault = ""
        """Why the machine may be suspended, as a sentence; empty if it is kept awake."""
        self.deaf = ""
        """Why a suspend is not heard of before it comes, as a sentence; empty if it is."""

    def hold(self) -> None:
        """Begin to keep the machine awake; what cannot be had is said in fault and deaf."""
        if sys.platform == "win32":
            self.fault = _keep_windows_awake(True)
        elif sys.platform == "darwin":
            self._awake = self._child(["caffeinate", "-i", "-w", str(os.getpid())])
        elif not self._booted.is_dir():
            self.fault = self.deaf = "There is no logind here that could be asked to stay awake."
        else:
            self._awake = self._child(self._inhibitor("sleep:idle", "block"))
            self._listen()

    def look(self) -> str:
        """Return why the machine is not kept awake any more, once; empty if it is."""
        if self.fault or self._awake is None or self._awake.poll() is None:
            return ""
        assert self._awake.stderr is not None
        told = self._awake.stderr.read().decode("utf-8", "replace").strip().splitlines()
        self.fault = f"The system refused to stay awake: {told[-1] if told else 'no reason given'}."
        return self.fault

    def let_sleep(self) -> None:
        """Say that what had to be done before a suspend is done."""
        with self._lock:
            _end(self._delay)
            self._delay = None

    def close(self) -> None:
        """Let the machine sleep again; returns when all children have ended."""
        if sys.platform == "win32":
            _keep_windows_awake(False)
        self.let_sleep()
        _end(self._awake)
        _end(self._ears)
        if self._reader is not None:
            self._reader.join()
        if self._ears is not None and self._ears.stdout is not None:
            self._ears.stdout.close()
        self._awake = self._ears = self._reader = None

    def _inhibitor(self, what: str, mode: str) -> list[str]:
        options = (f"--what={what}", f"--who={_NAME}", f"--why={self._why}", f"--mode={mode}")
        return ["systemd-inhibit", *options, "cat"]

    def _listen(self) -> None:
        found = next((line for line in _LISTENERS if shutil.which(line[0])), None)
        if found is None:
            self.deaf = "Neither gdbus nor dbus-monitor is here to hear of a suspend."
            return
        self._delay = self._child(self._inhibitor("sleep", "delay"))
        self._ears = self._child(["sh", "-c", _UNTIL_PIPE_ENDS, "sh", *found], heard=True)
        if self._ears is not None:
            self._reader = threading.Thread(target=self._hear, name="suspend", daemon=True)
            self._reader.start()

    def _hear(self) -> None:
        assert self._ears is not None
        assert self._ears.stdout is not None
        for going in sleep_signals(self._ears.stdout):
            if not going:
                with self._lock:
                    self._delay = self._delay or self._child(self._inhibitor("sleep", "delay"))
            self._told(going)

    def _child(self, command: list[str], *, heard: bool = False) -> subprocess.Popen[bytes] | None:
        try:
            return subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE if heard else subprocess.DEVNULL,
                stderr=subprocess.DEVNULL if heard else subprocess.PIPE,
                start_new_session=True,  # a Ctrl-C at the terminal is for the engine
            )
        except OSError as err:
            self.fault = f"{command[0]} could not be started: {err.strerror or err}."
            return None


def sleep_signals(lines: Iterable[bytes]) -> Iterable[bool]:
    """Yield True for each suspend that is announced and False for each that is over.

    Args:
        lines: what gdbus monitor or dbus-monitor prints; the latter has the value on its own line.
    """
    named = False
    for line in lines:
        named = named or _SIGNAL.encode() in line
        if named and (b"true" in line or b"false" in line):
            named = False
            yield b"true" in line


def _end(child: subprocess.Popen[bytes] | None) -> None:
    """End a child by closing the pipe it reads from."""
    if child is None:
        return
    assert child.stdin is not None
    child.stdin.close()
    try:
        child.wait(timeout=5)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    if child.stderr is not None:
        child.stderr.close()


def _keep_windows_awake(on: bool) -> str:
    if sys.platform != "win32":
        return ""
    import ctypes  # only Windows needs it here

    wanted = _CONTINUOUS | (_SYSTEM if on else 0)
    if ctypes.windll.kernel32.SetThreadExecutionState(wanted):
        return ""
    return "Windows refused to stay awake."
