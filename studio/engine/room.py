"""Waits for room on the disk instead of failing: the user says what to do, or frees some."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from studio.core.control import RoomAnswered, StopAsked
from studio.core.events import Remark, RoomWanted, StateChanged
from studio.core.problems import StudioError
from studio.core.workspace import RunFolder
from studio.data.checkpointplaces import place_for_new, send_elsewhere
from studio.engine.asked import heed_discard
from studio.engine.checkpoint import SPARE, room_wanted
from studio.engine.control import Wishes
from studio.engine.emit import EventLog
from studio.engine.explain import is_disk_full
from studio.machine.disk import free_bytes

LOOK_SECONDS = 5.0
"""How often the engine looks by itself whether there is room."""

_T = TypeVar("_T")


class RoomGuard:
    """Lets a run write once there is room for it.

    Args:
        run: the run, whose lock this process holds.
        log: of the run.
        wishes: what the user asks, answers about room among them.
    """

    def __init__(self, run: RunFolder, log: EventLog, wishes: Wishes) -> None:
        self._run, self._log, self._wishes = run, log, wishes

    def write(
        self, step: int, what: str, action: Callable[[], _T], place: Path | None = None
    ) -> _T | None:
        """Do what writes, as often as it takes; return None if the user leaves without it.

        Args:
            step: optimizer steps done.
            what: what is written, as the user would call it.
            action: writes it whole or not at all.
            place: where; None for where checkpoints go, which the user may change meanwhile.

        Raises:
            DiscardedError: the run is to end at once.
        """
        needed = room_wanted(self._run)
        while True:
            there = place or place_for_new(self._run)
            if self._free(there) >= needed:
                try:
                    return action()
                except Exception as err:
                    if not isinstance(err, OSError) and not is_disk_full(err):
                        raise
                    full, said = is_disk_full(err), getattr(err, "strerror", None) or str(err)
                if full:  # although it did not seem so: a quota, or somebody else was faster
                    needed = max(needed, self._free(there) + SPARE)
                else:
                    self._log.emit(_unwritable(what, there, said, step))
            if not self._wait(step, what, there, needed):
                return None
            needed = room_wanted(self._run)

    def _wait(self, step: int, what: str, place: Path, needed: int) -> bool:
        """Wait until it is worth trying again; return whether it is, or the user leaves."""
        detail = f"Waiting for room for {what}"
        self._log.emit(StateChanged(state="saving", detail=detail))
        self._log.emit(
            RoomWanted(
                step=step, folder=str(place), needed_bytes=needed, free_bytes=self._free(place)
            )
        )
        leaving = self._wishes.leaving
        while True:
            self._wishes.wait(LOOK_SECONDS)
            heed_discard(self._wishes)
            answer = self._wishes.take(RoomAnswered)
            if answer is not None and answer.answer == "stop":
                self._wishes.leaving = StopAsked()
            if self._wishes.leaving is not leaving:  # a wish from before waits for room like us
                return False
            if answer is not None and answer.answer == "retry":
                return True
            if answer is not None and answer.answer == "folder" and self._send(answer.folder, step):
                return True
            if self._free(place) >= needed:
                return True

    def _send(self, folder: str, step: int) -> bool:
        try:
            place = send_elsewhere(self._run, Path(folder))
        except StudioError as problem:
            self._log.emit(
                Remark(code="folder_refused", summary=problem.summary, hint=problem.hint, step=step)
            )
            return False
        summary = f"Checkpoints go to {place} from now on."
        self._log.emit(Remark(code="checkpoints_elsewhere", summary=summary, step=step))
        return True

    def _free(self, place: Path) -> int:
        try:
            return free_bytes(place)
        except StudioError:
            return 0  # a disk that does not answer has no room


def _unwritable(what: str, place: Path, said: str, step: int) -> Remark:
    return Remark(
        code="unwritable",
        summary=f"{what.capitalize()} could not be written to {place}: {said}.",
        hint="The run waits and tries again. Look whether the folder may be written to.",
        step=step,
    )
