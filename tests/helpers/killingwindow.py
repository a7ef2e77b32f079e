"""Kills windows with a run at work, and looks whether run and next window go on."""

from __future__ import annotations

import os
import random
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from studio.core.control import StopAsked
from studio.core.workspace import RunFolder, Workspace
from studio.data.runfiles import ask, engine_of
from studio.machine.processes import ProcessMark, end, is_running
from tests.helpers.runfolders import events_of

LONGEST = 240.0
"""Seconds for anything that is waited for."""
MOST_SECONDS = 3.0
"""After the start of its run within which a window is killed."""
SETTLE_SECONDS = 5.0
"""For an engine that was started in the last moment to take its run's lock."""


@dataclass(frozen=True)
class Killed:
    """What came of one kill.

    Attributes:
        moment: loading or training, or begun if no engine was there yet.
        seconds: until the next window followed the run; 0 if none was at work.
        harm: what is not as it must be; empty if all is.
    """

    moment: str
    seconds: float
    harm: str = ""


class OneWindow:
    """A window process and what it says; ended with the block."""

    def __init__(self, workspace: Workspace, run: str, *options: str) -> None:
        command = [sys.executable, "-m", "tests.helpers.killedwindow", str(workspace.path), run]
        self.opened = time.monotonic()
        self.process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE)
        self._said = b""

    def hear(self, words: str) -> None:
        """Wait until the window says something.

        Raises:
            TimeoutError: it does not.
        """
        assert self.process.stdout is not None
        until = time.monotonic() + LONGEST
        while time.monotonic() < until:
            if any(line.startswith(words) for line in self._said.decode().split("\n")[:-1]):
                return
            if select.select([self.process.stdout], [], [], 0.2)[0]:
                piece = os.read(self.process.stdout.fileno(), 4096)
                if not piece:
                    break
                self._said += piece
        raise TimeoutError(f"the window did not say {words!r} but {self._said.decode()!r}")

    def kill(self) -> None:
        """End it as nobody expects."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)
        if self.process.stdout is not None:
            self.process.stdout.close()


def kill_windows(workspace: Workspace, runs: list[RunFolder], *options: str) -> list[Killed]:
    """Let windows start these runs, kill each within seconds, and let the next one go on with it.

    Args:
        workspace: of the runs.
        runs: prepared and not started; each is stopped once the next window follows it.
        options: of tests.helpers.killedwindow.
    """
    found = []
    window = OneWindow(workspace, runs[0].id, *options)
    try:
        for run, after in zip(runs, [*runs[1:], None], strict=True):
            window.hear(f"starts {run.id}")
            time.sleep(random.Random(run.id).uniform(0, MOST_SECONDS))
            window.kill()
            window, killed = _look(workspace, run, after, options)
            found.append(killed)
    finally:
        window.kill()
        for run in runs:
            if (engine := engine_of(run)) is not None:
                end(engine)
    return found


def _look(
    workspace: Workspace, run: RunFolder, after: RunFolder | None, options: tuple[str, ...]
) -> tuple[OneWindow, Killed]:
    """Return the next window, and what came of the run that the last one left."""
    engine = _settled(run)
    kinds = {type(event).__name__ for event in events_of(run)}
    moment = "training" if "StepDone" in kinds else "loading" if engine else "begun"
    if engine is None and kinds:
        window = OneWindow(workspace, after.id if after else "", *options)
        return window, Killed(moment, 0.0, "the engine is gone")
    window = OneWindow(workspace, run.id if engine is None else after.id if after else "", *options)
    window.hear(f"follows {run.id}")
    seconds = time.monotonic() - window.opened
    harm = "" if engine is None or is_running(engine) else "the engine was started anew"
    ask(run, StopAsked(time=time.time()))
    window.hear(f"ended {run.id}")
    if engine is None and after is not None:  # this window has had its run
        window.kill()
        window = OneWindow(workspace, after.id, *options)
    return window, Killed(moment, seconds if engine else 0.0, harm or _harm(run))


def _settled(run: RunFolder) -> ProcessMark | None:
    until = time.monotonic() + SETTLE_SECONDS
    while (engine := engine_of(run)) is None and time.monotonic() < until:
        time.sleep(0.05)
    return engine


def _harm(run: RunFolder) -> str:
    """Return what is wrong with a run that was stopped."""
    events = events_of(run)
    steps = [event.step for event in events if type(event).__name__ == "StepDone"]
    if steps != list(range(1, len(steps) + 1)):
        return f"its steps are {steps}"
    if [type(event).__name__ for event in events].count("RunStarted") != 1:
        return "it was started more than once"
    ended = events[-1]
    if (type(ended).__name__, getattr(ended, "outcome", "")) != ("RunEnded", "stopped"):
        return f"it ended with {ended}"
    return "" if (run.adapter / "adapter_config.json").is_file() else "there is no result"


def workspace_at(place: Path) -> Workspace:
    """Return a fresh workspace."""
    return Workspace(place).create()
