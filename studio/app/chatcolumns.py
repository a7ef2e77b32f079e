"""Which adapters answer beside the base: branches of runs, and folders from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from studio.app.chatsubject import (
    CONFIG,
    Branch,
    Column,
    claimed_base,
    column_of,
    told_apart,
)
from studio.app.modellibrary import ModelLibrary
from studio.app.runlibrary import RunLibrary
from studio.app.runstore import RunStore
from studio.core.problems import ModelError, StudioError
from studio.core.recipe import Recipe
from studio.core.workspace import Workspace
from studio.data.recipefile import read_recipe
from studio.data.runfiles import RunSummary, summarize
from studio.machine.adapterfolder import require_fit
from studio.machine.models import resolve_model

MOST_COLUMNS = 4
"""The base among them; more cannot be read side by side."""


class ColumnGone(ModelError):
    """The adapter of a column is not on the disk any more.

    Attributes:
        place: of the column, the first adapted one is 0.
    """

    def __init__(self, place: int, column: Column) -> None:
        super().__init__(
            f"The adapter of {column.title} is not there any more: {column.branch.folder}.",
            "Put its folder back, choose another branch, or ask without it.",
        )
        self.place = place


class ChatColumns(QObject):
    """The adapted columns; they share one base. The chat desk owns this.

    Without a choice, the newest run that has grown a branch answers beside its base. The base is
    that of the runs; without any, the chosen model.

    Attributes:
        runs: the runs that have a branch, newest first.
        all: the adapted columns, in order.
        based: the run whose base is talked to, or None.

    Signals:
        changed(): any of them is another now.
        left_out(str): columns that went because they do not fit another base, as a sentence.
    """

    changed = Signal()
    left_out = Signal(str)

    def __init__(
        self,
        workspace: Workspace,
        runs: RunLibrary,
        models: ModelLibrary,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._workspace, self._library, self._models = workspace, runs, models
        self._alone = False
        self.runs: list[RunSummary] = []
        self.all: list[Column] = []
        self._prompts: list[str] = []
        self._claimed: list[str] = []
        self.based: RunSummary | None = None
        runs.listed.connect(self.refresh)
        runs.opened.connect(self._on_run_opened)

    @property
    def run(self) -> RunSummary | None:
        """The first run that answers."""
        return next((column.run for column in self.all if column.run is not None), None)

    @property
    def base_name(self) -> str:
        """Name of the base; empty when there is none."""
        if self.based is not None:
            return self.based.model
        return self._models.current.name if self._models.current is not None else ""

    @property
    def full(self) -> bool:
        """Whether no further column fits."""
        return len(self.all) + 1 >= MOST_COLUMNS

    @property
    def trained_prompt(self) -> str:
        """The system prompt that the first column was trained with; all columns read it."""
        return self._prompts[0] if self._prompts else ""

    def odd_prompt(self, system: str | None) -> str:
        """Return whose system prompt of training is another one, as a sentence; empty if nobody's.

        Args:
            system: what is read; None is that of training.
        """
        read = self.trained_prompt if system is None else system
        odd = [
            column.title
            for column, prompt in zip(self.all, self._prompts, strict=True)
            if column.run is not None and prompt != read
        ]
        if not odd:
            return ""
        whose = f" of {', '.join(odd)}" if len(self.all) > 1 else ""
        return f"The system prompt is not the one of training{whose}."

    def odd_bases(self) -> list[str]:
        """Return which adapters from elsewhere name another base than this, as sentences."""
        return [
            f"{column.title} says that it was trained on {base}."
            for column, base in zip(self.all, self._claimed, strict=True)
            if base and base.casefold() != self.base_name.casefold()
        ]

    def refresh(self) -> None:
        """Look again at the runs and at the branches of those that answer."""
        grown = (s for s in self._library.all() if s.adapter is not None or s.state.checkpoints)
        self.runs = told_apart(list(grown))
        known = {summary.run: summary for summary in self.runs}
        kept: list[Column] = []
        for column in self.all:
            if column.run is None:
                kept.append(column)
            elif column.run.run in known:
                found = column_of(known[column.run.run], column.branch.title)
                kept += [found] if found else []
        if not kept and not self._alone:
            shown = self._library.current
            first = known.get(shown.run if shown is not None else "") or next(iter(self.runs), None)
            found = column_of(first) if first else None
            kept += [found] if found else []
        if self.based is not None and self.based.run not in known:
            self.based = None
        self._set(kept)

    def choose_run(self, run_id: str, place: int = 0) -> None:
        """Let another run's result answer in a column; others that do not fit its base go."""
        summary = next((s for s in self.runs if s.run == run_id), None)
        column = column_of(summary) if summary else None
        if column is not None:
            self._put(column, place)

    def choose_branch(self, index: int, place: int = 0) -> None:
        """Let another branch of its run answer in a column."""
        column = self.all[place]
        self._put(Column(column.branches[index], column.run, column.branches), place)

    def choose_point(self, run_id: str, step: int) -> None:
        """Talk to a run as it was at a step; 0, or a step that was not kept, is its first branch."""
        if all(summary.run != run_id for summary in self.runs):
            self.runs = [summarize(self._workspace.run(run_id)), *self.runs]
        self.choose_run(run_id)
        branches = self.all[0].branches if self.all else ()
        at = next((n for n, b in enumerate(branches) if step and b.step == step), None)
        if at is not None:
            self.choose_branch(at)

    def add_run(self, summary: RunSummary, branch: str = "") -> None:
        """Add a column for a branch of a run.

        Raises:
            ModelError: there are enough, it answers already, or it is of another base.
        """
        column = column_of(summary, branch)
        if column is None:
            raise ModelError(f"{summary.title} has no branch any more.", "Choose another run.")
        self._add(column)

    def add_folder(self, folder: Path) -> None:
        """Add a column for an adapter from elsewhere, in PEFT's layout.

        Raises:
            StudioError: it is none, is not safe to load, or does not fit the base.
        """
        self._add(Column(Branch(folder, folder.name)))

    def remove(self, place: int) -> None:
        """Take a column away; without any, the base answers alone."""
        left = [column for number, column in enumerate(self.all) if number != place]
        self._alone = not left  # the base stays the one that was talked to
        self._set(left)

    def require_there(self) -> None:
        """Refuse columns whose adapter has gone from the disk since it was chosen.

        Raises:
            ColumnGone: one of them is; it names its place.
        """
        for place, column in enumerate(self.all):
            if not (column.branch.folder / CONFIG).is_file():
                raise ColumnGone(place, column)

    def choose_keys(self, keys: Sequence[str]) -> list[str]:
        """Let the columns of these keys answer, as far as they are there; return those missing."""
        if keys == [column.key for column in self.all]:
            return []
        found = [column for key in keys if (column := self._column_at(Path(key))) is not None]
        if found or not keys:
            self._alone = not found
            self._set(found)
        there = {column.key for column in found}
        return [key for key in keys if key not in there]

    def _column_at(self, folder: Path) -> Column | None:
        for summary in self.runs:
            if folder.is_relative_to(summary.folder.path):
                column = column_of(summary)
                branches = column.branches if column else ()
                branch = next((each for each in branches if each.folder == folder), None)
                return Column(branch, summary, branches) if branch is not None else None
        return Column(Branch(folder, folder.name)) if (folder / CONFIG).is_file() else None

    def _add(self, column: Column) -> None:
        if self.full:
            raise ModelError("Four columns are the most.", "Take one away first.")
        if any(other.key == column.key for other in self.all):
            raise ModelError(f"{column.title} answers already.", "Choose another branch.")
        if why := self._misfit(column):
            raise why
        self._alone = False
        self._set([*self.all, column])

    def _misfit(self, column: Column) -> StudioError | None:
        """Return why a column cannot stand on the base that is talked to."""
        if column.run is not None:
            if not self.base_name or column.run.model == self.base_name or not self.all:
                return None
            return ModelError(
                f"{column.title} was trained on {column.run.model}; the columns here stand on "
                f"{self.base_name}.",
                "Take the other columns away first, or choose a run of the same base.",
            )
        try:
            if (model := self._base_folder()) is None:
                return ModelError("No base is chosen yet.", "Choose a model first.")
            require_fit(column.branch.folder, model)
        except StudioError as problem:
            return problem
        return None

    def _put(self, column: Column, place: int) -> None:
        """Put a column in a place, and leave out those of another base or of the same branch."""
        self._alone = False
        others = [other for n, other in enumerate(self.all) if n != place]
        self.all[place : place + 1] = [column]
        if place == 0 and column.run is not None:
            self.based = column.run
        twice = [other for other in others if other.key == column.key]
        misfits = [other for other in others if other not in twice and self._misfit(other)]
        self._set([each for each in self.all if each not in (*twice, *misfits) or each is column])
        if misfits:
            names = ", ".join(each.title for each in misfits)
            self.left_out.emit(f"{names} left out: made for another base")

    def _set(self, columns: list[Column]) -> None:
        self.all = columns
        first = self.run
        if first is not None:
            self.based = first
        elif not columns and not self._alone:
            self.based = None
        self._prompts = [self._recipe(c.run).system_prompt if c.run else "" for c in columns]
        self._claimed = [claimed_base(c.branch.folder) if not c.run else "" for c in columns]
        self.changed.emit()

    def _base_folder(self) -> Path | None:
        if self.based is not None:
            return resolve_model(self._workspace, self._recipe(self.based).model)
        return self._models.current.folder if self._models.current is not None else None

    def _recipe(self, summary: RunSummary) -> Recipe:
        try:
            return read_recipe(summary.folder.recipe)
        except StudioError:  # said when it is loaded
            return Recipe()

    def _on_run_opened(self, store: RunStore | None) -> None:
        if store is not None and len(self.all) < 2:
            self.choose_run(store.run)
