"""What the user can ask of the run that trains, from menus, strips and dialogs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtWidgets import QFileDialog, QWidget

from studio.app.runstore import RunStore
from studio.app.runwishes import RunWishes
from studio.app.studio import Studio
from studio.core import actions
from studio.core.actions import LOWERED, Action
from studio.core.problems import StudioError
from studio.core.units import learning_rate
from studio.ui.dialogs.frame import ask
from studio.ui.train.livedialogs import ask_back, ask_prompt, ask_rate
from studio.ui.train.words import safe_sentence


class LiveActs:
    """Joins words, dialogs and wishes; the Train page owns one."""

    def __init__(self, studio: Studio, parent: QWidget) -> None:
        self._studio, self._parent = studio, parent
        self.wishes = RunWishes(studio.runs)

    @property
    def _live(self) -> RunStore | None:
        return self._studio.runs.live

    def rate_of(self, store: RunStore) -> float:
        """Return the highest learning rate that is in force; 0 if it is not known."""
        changed = store.state.plan.get("learning_rate")
        if isinstance(changed, int | float):
            return float(changed)
        return store.recipe.learning_rate if store.recipe is not None else 0.0

    def evaluate(self) -> None:
        """Evaluate the held-out rows after this step."""
        if self.wishes.evaluate():
            self._say("The held-out rows are evaluated after this step")

    def ask_sample(self) -> None:
        """Answer the fixed prompts now, and one of the user's own if there is one."""
        prompt = ask_prompt(self._parent)
        if prompt is not None and self.wishes.sample(prompt):
            more = ", and yours with them from here on" if prompt else ""
            self._say(f"The prompts are answered after this step{more}")

    def ask_rate(self) -> None:
        """Ask for another learning rate."""
        live = self._live
        if live is not None:
            wanted = ask_rate(self._parent, self.rate_of(live))
            if wanted is not None:
                self.change_rate(wanted)

    def change_rate(self, rate: float) -> None:
        """Go on with another highest learning rate; can be taken back."""
        live = self._live
        before = self.rate_of(live) if live is not None else 0.0
        if rate > 0 and self.wishes.change_rate(rate):
            said = f"Highest learning rate: {learning_rate(rate)} from the next step on"
            self._say(said, (lambda: self.wishes.change_rate(before)) if before else None)

    def ask_back(self, step: int) -> None:
        """Ask whether to go back to a checkpoint, and with which rate."""
        live = self._live
        if live is not None:
            rate = ask_back(self._parent, live.state.step, step, self.rate_of(live))
            if rate is not None:
                self.wishes.roll_back(step, rate)

    def ask_discard(self) -> None:
        """Ask whether to end at once without keeping what is not on the disk."""
        live = self._live
        if live is None:
            return
        lost = live.state.step - max((s for s in live.kept if s <= live.state.step), default=0)
        facts = (
            f"Training ends at once. {lost:,} steps since the last checkpoint are lost, and no "
            f"result is written. {safe_sentence(live)}"
        )
        if ask(self._parent, "Discard what is not saved?", facts, "End and discard", "danger"):
            self.wishes.discard()

    def ask_folder(self) -> bool:
        """Ask for another folder for checkpoints; return whether one was chosen."""
        name = QFileDialog.getExistingDirectory(self._parent, "Write checkpoints to")
        return bool(name) and self.wishes.save_elsewhere(Path(name))

    def words_for(self, action: Action) -> str:
        """Return what the button of a remark's action says."""
        first = action.numbers[0] if action.numbers else 0
        rows = "row" if len(action.numbers) == 1 else "rows"
        return {
            actions.ROLL_BACK: f"Go back to step {first:,}" if first else "Go back to the start",
            actions.LOWER_RATE: "Halve the learning rate",
            actions.RAISE_RATE: "Double the learning rate",
            actions.SHOW_ROWS: f"Show {len(action.numbers):,} {rows}",
            actions.STOP: "Stop and keep",
            actions.WAKE: "Let it go on",
            actions.END: "End at once",
        }[action.name]

    def carry_out(self, action: Action, store: RunStore) -> None:
        """Do what a remark offers."""
        rate, runs = self.rate_of(store), self._studio.runs
        if action.name == actions.ROLL_BACK and action.numbers:
            self.wishes.roll_back(action.numbers[0], rate * LOWERED)
        elif action.name == actions.LOWER_RATE:
            self.change_rate(rate * LOWERED)
        elif action.name == actions.RAISE_RATE:
            self.change_rate(rate / LOWERED)
        elif action.name == actions.SHOW_ROWS:
            self.show_rows(action.numbers, store, "named by a remark")
        elif action.name == actions.STOP:
            runs.stop()
        elif action.name == actions.WAKE:
            self.wishes.wake()
        elif action.name == actions.END:
            runs.end_at_once()

    def show_rows(
        self, rows: tuple[int, ...], store: RunStore, why: str, dataset: str = ""
    ) -> None:
        """Show rows of a run on the Data page, and only those.

        Raises:
            StudioError: their dataset is not here any more, or cannot be opened.
        """
        studio = self._studio
        wanted = dataset or (store.recipe.dataset if store.recipe is not None else "")
        name, current = Path(wanted).stem, studio.datasets.current
        if current is None or current.name != name:
            studio.datasets.open(name)
        studio.page_requested.emit("Data")
        ids = np.array(rows, np.int64)
        number = "1 row" if len(ids) == 1 else f"{len(ids):,} rows"
        studio.rows_requested.emit(ids, f"{number} {why}".strip())

    def tell_problem(self, problem: StudioError) -> None:
        """Show why something could not be done."""
        self._studio.problem_met.emit(problem)

    def _say(self, words: str, undo: object = None) -> None:
        self._studio.said.emit(words, undo)
