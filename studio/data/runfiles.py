"""Reads a run's folder without the engine: its events, its state, its checkpoints, its process."""

from __future__ import annotations

import datetime
import json
import re
import tomllib
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from studio.core.control import CONTROL, Control
from studio.core.events import EVENTS, Evaluated, Event
from studio.core.mix import mix_title
from studio.core.problems import RunError, StudioError
from studio.core.runstate import RESUMABLE, SPEED_STEPS, RunState, State, advance, observed
from studio.core.tradeoff import Point, base_of, points_of
from studio.core.workspace import RunFolder
from studio.data.recipefile import read_recipe
from studio.data.results import taken_step
from studio.machine.computer import this_computer
from studio.machine.locks import RunLock
from studio.machine.processes import ProcessMark, is_running

READ_BYTES = 1 << 20
_STEP = b'{"kind":"StepDone"'
_SECONDS = re.compile(rb'"seconds":([0-9.eE+-]+)')


class EventTail:
    """Reads an event file that grows; an unfinished last line is left for the next time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._waiting: list[bytes] = []

    def read(self, most: int) -> list[Event]:
        """Return up to that many new events; empty when there is nothing new yet.

        Lines that cannot be read are left out.
        """
        while True:
            if not self._waiting:
                self._waiting = self._lines()
            if not self._waiting:
                return []
            taken, self._waiting = self._waiting[:most], self._waiting[most:]
            events = [event for line in taken if (event := _decoded(line)) is not None]
            if events:
                return events

    def _lines(self) -> list[bytes]:
        size = READ_BYTES
        try:
            with self._path.open("rb") as file:
                while True:
                    file.seek(self._offset)
                    chunk = file.read(size)
                    whole = chunk.rfind(b"\n") + 1
                    if whole or len(chunk) < size:
                        break
                    size *= 2  # one line is longer than what was read
        except OSError:
            return []  # there is none yet, or its disk does not answer: the next look may find more
        self._offset += whole
        return [line for line in chunk[:whole].split(b"\n") if line.strip()]


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One run in a list: enough for a table and for choosing it, without its curves."""

    run: str
    folder: RunFolder
    state: RunState
    title: str = ""
    dataset: str = ""
    model: str = ""
    method: str = ""
    mix: str = ""
    """What the rows are mixed from, in a few words; empty if all are of the dataset."""
    base_target_loss: float | None = None
    evaluations: tuple[tuple[int, float], ...] = ()
    """(step, held-out loss) of each evaluation."""
    guarded: tuple[Point, ...] = ()
    """What each evaluation found that asked general questions too, by step."""
    tolerance: float = 0.0
    """Nats a token that general answers may lose."""
    taken: int = 0
    """Step of the checkpoint that was taken as the result; 0 stands for the last."""
    alive: bool = False
    problem: str = ""
    """Why the run's folder cannot be read; empty if it can."""
    notes: str = ""
    tags: tuple[str, ...] = ()
    created: float = 0.0
    """Seconds since the epoch; 0 where the run does not say."""
    start_from: str = ""
    """The adapter the run goes on from; empty when it begins at the base."""
    foreign: str = ""
    """Name of the other computer that the folder was copied from; such a run is only read."""

    @property
    def resumable(self) -> bool:
        """Whether an engine may go on with the run now."""
        waiting = self.state.state in RESUMABLE or self.state.state is State.QUEUED
        return waiting and not (self.alive or self.problem or self.foreign)

    @property
    def outcome(self) -> Point | None:
        """What the result gained and forgot beside the start; None before that is known."""
        if not self.guarded or self.guarded[0].step:
            return None
        known = [p for p in self.guarded if p.step and (not self.taken or p.step <= self.taken)]
        return known[-1] if known else None

    @property
    def adapter(self) -> Path | None:
        """Folder of the result; None when there is none yet."""
        folder = self.folder.adapter
        return folder if (folder / "adapter_config.json").is_file() else None


def engine_of(folder: RunFolder) -> ProcessMark | None:
    """Return the engine that works on a run now; None when there is none."""
    owner = RunLock(folder.lock).owner()
    return owner if owner is not None and is_running(owner) else None


def ask(folder: RunFolder, wish: Control) -> None:
    """Add a wish to the run's control file; the engine reads it between two steps.

    Raises:
        RunError: the file cannot be written.
    """
    try:
        with folder.control.open("ab") as file:
            file.write(CONTROL.encode(wish))
    except OSError as err:
        raise RunError(
            f"The wish could not be written to {folder.control}: {err.strerror or err}.",
            "Free the disk, or end the training process.",
        ) from err


def training_seconds(folder: RunFolder) -> float:
    """Return the time in steps, over all engines that worked on a run."""
    try:
        lines = folder.events.read_bytes().split(b"\n")[:-1]
    except OSError:
        return 0.0
    found = (_SECONDS.search(line) for line in lines if line.startswith(_STEP))
    return sum(float(match[1]) for match in found if match)


def read_events(folder: RunFolder) -> list[Event]:
    """Return all events of a run but most steps before the last ones of each stretch.

    Folding them gives the same state but for the time in steps, in a fraction of the time.
    """
    try:
        lines = folder.events.read_bytes().split(b"\n")[:-1]
    except OSError:
        return []
    kept: list[bytes] = []
    steps: deque[bytes] = deque(maxlen=SPEED_STEPS)
    for line in lines:
        if line.startswith(_STEP):
            steps.append(line)
            continue
        kept += [*steps, line]
        steps.clear()
    kept += steps
    return [event for line in kept if (event := _decoded(line)) is not None]


def summarize(folder: RunFolder) -> RunSummary:
    """Return what a list shows of a run; a folder that cannot be read says so in ``problem``."""
    state = RunState(run=folder.id)
    evaluations: dict[int, Evaluated] = {}
    for event in read_events(folder):
        state = advance(state, event)
        if isinstance(event, Evaluated):
            evaluations[event.step] = event
    alive, origin = engine_of(folder) is not None, read_origin(folder)
    state = replace(seen(folder, state, alive), seconds=training_seconds(folder))
    try:
        recipe = read_recipe(folder.recipe)
    except StudioError as problem:
        return RunSummary(folder.id, folder, state, alive=alive, problem=problem.summary)
    base = base_of(evaluations.values())
    meta = read_meta(folder)
    tags = meta.get("tags")
    return RunSummary(
        run=folder.id,
        folder=folder,
        state=state,
        title=str(meta.get("title") or recipe.title or folder.id),
        dataset=Path(recipe.dataset).stem,
        model=Path(recipe.model).name,
        method=recipe.method_title,
        mix=mix_title(recipe.mix) if recipe.mix else "",
        base_target_loss=base.target_loss if base is not None else None,
        evaluations=tuple((step, evaluations[step].target_loss) for step in sorted(evaluations)),
        guarded=tuple(points_of(evaluations.values())),
        tolerance=recipe.guard.tolerance,
        taken=taken_step(folder),
        alive=alive,
        notes=str(meta.get("notes") or ""),
        tags=tuple(str(tag) for tag in tags) if isinstance(tags, list) else (),
        created=_moment(origin.get("created")) or state.started,
        start_from=recipe.start_from,
        foreign=foreign_to(folder, origin),
    )


def foreign_to(folder: RunFolder, origin: Mapping[str, Any] | None = None) -> str:
    """Return the name of the other computer that a run is of; empty if it is of this one.

    A lock that was never given back says who worked on it last, and else its origin says where it
    was made; runs of earlier versions say neither.
    """
    here, holder = this_computer(), RunLock(folder.lock).computer()
    if not holder:
        made = (read_origin(folder) if origin is None else origin).get("computer")
        holder = made if isinstance(made, dict) else {}
    if here.is_named_by(holder):
        return ""
    return str(holder.get("name") or "another computer")


def _moment(created: object) -> float:
    try:
        return datetime.datetime.fromisoformat(str(created)).timestamp()
    except ValueError:
        return 0.0


def seen(folder: RunFolder, state: RunState, alive: bool) -> RunState:
    """Return a run's state as seen from outside; see :func:`observed`."""
    return observed(state, alive, None if alive else RunLock(folder.lock).memory_kills())


def find_run(folder: RunFolder) -> RunFolder:
    """Return the run's folder if it is one.

    Raises:
        RunError: there is no such run.
    """
    if not folder.recipe.is_file():
        known = [run.id for run in folder.workspace.run_folders()[:5]]
        hint = f"The newest runs are {', '.join(known)}." if known else "It has no runs yet."
        raise RunError(f"There is no run named {folder.id} in this workspace.", hint)
    return folder


def read_meta(folder: RunFolder) -> dict[str, Any]:
    """Return title, notes and tags; empty if they cannot be read."""
    try:
        return tomllib.loads(folder.meta.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def read_origin(folder: RunFolder) -> dict[str, Any]:
    """Return what the run was made from; empty if it cannot be read."""
    try:
        found = json.loads(folder.origin.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def predicted_bytes(origin: dict[str, Any], which: str) -> int:
    """Return the "low", "peak" or "high" bytes that a run's origin predicts; 0 for none."""
    found = origin.get(f"predicted_{which}_bytes")
    return found if type(found) is int and found > 0 else 0


def _decoded(line: bytes) -> Event | None:
    try:
        event: Event = EVENTS.decode(line)
    except ValueError:
        return None
    return event


def log_tail(folder: RunFolder, most: int = 16_000) -> str:
    """Return the end of the engine's log, at most that many bytes of it; empty without one."""
    try:
        with folder.log.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - most))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""
