"""One run as the window sees it: its state, its curves, and one signal when they change."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from studio.app.runhistory import Batch, History
from studio.core.events import CheckpointCommitted, Remark, RolledBack
from studio.core.problems import StudioError
from studio.core.recipe import Recipe
from studio.core.runstate import RESUMABLE, RunState, State
from studio.core.workspace import RunFolder
from studio.data.checkpoints import checkpoint_steps
from studio.data.recipefile import read_recipe
from studio.data.results import taken_step
from studio.data.runfiles import predicted_bytes, read_meta, read_origin, seen

_MOVES_CHECKPOINTS = (CheckpointCommitted, RolledBack)


class RunStore(QObject):
    """Holds one run; fed with batches by the training thread, read by pages.

    Signals:
        state_changed(object): the RunState, once for each batch of events.
        loaded(): what was on the disk when the run was opened is in.
        ended(object): this store, whose engine is gone.
    """

    state_changed = Signal(object)
    loaded = Signal()
    ended = Signal(object)

    def __init__(self, folder: RunFolder, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder = folder
        self.state = RunState(run=folder.id)
        self.history = History()
        self.is_loaded = False
        self.alive = self._has_spoken = False
        self.was_started = False
        """Its engine was started for this store, rather than found at work."""
        self.stop_overdue = False
        """The engine was asked to stop long ago, and neither stopped nor took a step."""
        self.trouble: Remark | None = None
        """Why the engine looks lifeless from outside; its action ends or wakes it."""
        self.kept: frozenset[int] = frozenset()
        """Steps of the checkpoints that are on the disk."""
        self.taken_step = 0
        """Step of the checkpoint that was taken as the result; 0 for the last step."""
        self.problem: StudioError | None = None
        """Why the engine could not be started, or the folder not be read."""
        self.recipe, self.title = self._read()
        origin = read_origin(folder)
        self.predicted = {name: predicted_bytes(origin, name) for name in ("low", "peak", "high")}
        """Bytes of the predicted peak; 0 where nothing was predicted."""

    def _read(self) -> tuple[Recipe | None, str]:
        try:
            recipe = read_recipe(self.folder.recipe)
        except StudioError as problem:
            self.problem = problem
            return None, self.folder.id
        title = str(read_meta(self.folder).get("title") or recipe.title)
        return recipe, title or self.folder.id

    @property
    def run(self) -> str:
        """The run's id."""
        return self.folder.id

    @property
    def resumable(self) -> bool:
        """Whether an engine may go on with the run now."""
        waiting = self.state.state in RESUMABLE or self.state.state is State.QUEUED
        return not self.alive and waiting

    @property
    def is_booting(self) -> bool:
        """Whether an engine was started that has not said a word yet."""
        silent = not self._has_spoken and (self.was_started or self.state.final)
        return self.alive and (silent or self.state.state is State.QUEUED)

    @property
    def is_ending(self) -> bool:
        """Whether the engine has said how the run ended, and is not gone yet."""
        return self.alive and self.state.final and not self.is_booting

    def take(self, batches: list[Batch]) -> None:
        """Take in batches of events, in order; tells it once."""
        for batch in batches:
            self.history.add(batch)
            self.state = batch.state
        self._has_spoken |= self.is_loaded and bool(batches)
        if any(isinstance(e, _MOVES_CHECKPOINTS) for b in batches for e in b.others):
            self.kept = frozenset(checkpoint_steps(self.folder))
        if batches:
            self.state_changed.emit(self.state)

    def set_alive(self, alive: bool) -> None:
        """Say whether an engine works on the run; one that is gone without a word is lost."""
        was, self.alive = self.alive, alive
        if not alive:
            self.stop_overdue, self.trouble = False, None
            self.kept = frozenset(checkpoint_steps(self.folder))
            self.taken_step = taken_step(self.folder)
            self.state = seen(self.folder, self.state, alive)
        self.state_changed.emit(self.state)
        if was and not alive:
            self.ended.emit(self)

    def set_stop_overdue(self) -> None:
        """Say that the engine does not react to the wish to stop."""
        self.stop_overdue = True
        self.state_changed.emit(self.state)

    def set_trouble(self, trouble: Remark | None) -> None:
        """Say that the engine looks lifeless, or does not any more."""
        self.trouble = trouble
        self.state_changed.emit(self.state)

    def set_problem(self, problem: StudioError) -> None:
        """Say why no engine could be started."""
        self.problem = problem
        self.set_alive(False)

    def look_at_result(self) -> None:
        """Say that another checkpoint may be the result now."""
        self.taken_step = taken_step(self.folder)
        self.state_changed.emit(self.state)

    def set_loaded(self) -> None:
        """Say that everything that was on the disk is in."""
        self.is_loaded, self.taken_step = True, taken_step(self.folder)
        self.loaded.emit()
