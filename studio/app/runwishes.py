"""What the run that trains can be asked to do on its way; each wish is heard between two steps."""

from __future__ import annotations

import time
from pathlib import Path

from studio.app.runjobs import busy
from studio.app.runlibrary import RunLibrary
from studio.app.vitalsigns import wake
from studio.core.control import (
    DiscardAsked,
    EvaluateAsked,
    RateAsked,
    RollBackAsked,
    RoomAnswered,
    SampleAsked,
)
from studio.core.problems import StudioError
from studio.data.runfiles import ask


class RunWishes:
    """Writes wishes for the live run of a library; without one, the library's failed says so."""

    def __init__(self, runs: RunLibrary) -> None:
        self._runs = runs

    def evaluate(self) -> bool:
        """Evaluate the held-out rows after this step."""
        return self._runs.wish(EvaluateAsked(time=time.time()))

    def sample(self, prompt: str = "") -> bool:
        """Answer the fixed prompts after this step, and one more that is kept with them."""
        return self._runs.wish(SampleAsked(prompt=prompt, time=time.time()))

    def change_rate(self, rate: float) -> bool:
        """Go on with another highest learning rate."""
        return self._runs.wish(RateAsked(learning_rate=rate, time=time.time()))

    def roll_back(self, step: int, rate: float = 0.0) -> bool:
        """Go back to a checkpoint and on from there; a rate of 0 keeps the learning rate.

        A run that has ended, since it diverged say, is resumed for it.
        """
        wish = RollBackAsked(step=step, learning_rate=rate, time=time.time())
        shown, live = self._runs.current, self._runs.live
        if shown is None or shown is live or not shown.resumable:
            return self._runs.wish(wish)
        if live is not None:  # the wish is for the run that is shown, not for the one that trains
            self._runs.failed.emit(busy(live))
            return False
        try:
            ask(shown.folder, wish)
        except StudioError as problem:
            self._runs.failed.emit(problem)
            return False
        self._runs.resume(shown.run)
        return True

    def discard(self) -> bool:
        """End at once; what was not committed is not kept."""
        return self._runs.wish(DiscardAsked(time=time.time()), ends=True)

    def wake(self) -> None:
        """Let the engine go on after somebody has stopped its process."""
        live = self._runs.live
        if live is not None:
            try:
                wake(live.folder)
            except StudioError as problem:
                self._runs.failed.emit(problem)

    def retry_saving(self) -> bool:
        """Try again to write the checkpoint for which there was no room."""
        return self._answer("retry")

    def save_elsewhere(self, folder: Path) -> bool:
        """Write checkpoints into another folder from now on."""
        return self._answer("folder", folder)

    def stop_without_room(self) -> bool:
        """Stop, and keep what is on the disk."""
        return self._answer("stop", ends=True)

    def _answer(self, answer: str, folder: Path | None = None, *, ends: bool = False) -> bool:
        wish = RoomAnswered(answer=answer, folder=str(folder or ""), time=time.time())
        return self._runs.wish(wish, ends=ends)
