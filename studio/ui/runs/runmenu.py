"""What can be done with the chosen runs: actions with their shortcuts, and when each is offered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from studio.data.runfiles import RunSummary
from studio.ui.look import fonts


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the acts depend on.

    Attributes:
        runs: the chosen runs.
        queued: ids of the runs in the queue.
        busy: whether a run is training, which has the machine.
    """

    runs: tuple[RunSummary, ...]
    queued: frozenset[str] = frozenset()
    busy: bool = False

    @property
    def one(self) -> RunSummary | None:
        """The run, where exactly one is chosen that can be read."""
        single = self.runs[0] if len(self.runs) == 1 else None
        return single if single is not None and not single.problem else None


Fits = Callable[[Chosen], bool]


def _one(chosen: Chosen) -> bool:
    return chosen.one is not None


def _resumable(chosen: Chosen) -> bool:
    run = chosen.one
    return run is not None and run.resumable and not chosen.busy


def _queueable(chosen: Chosen) -> bool:
    fits = (run.resumable and run.run not in chosen.queued for run in chosen.runs)
    return bool(chosen.runs) and all(fits)


def _with_adapter(chosen: Chosen) -> bool:
    return chosen.one is not None and chosen.one.adapter is not None


def _ours(chosen: Chosen) -> bool:
    return chosen.one is not None and not chosen.one.foreign


def _foreign(chosen: Chosen) -> bool:
    return chosen.one is not None and bool(chosen.one.foreign)


def _trashable(chosen: Chosen) -> bool:
    return bool(chosen.runs) and not any(run.alive for run in chosen.runs)


ACTS: tuple[tuple[str, str, str, Fits], ...] = (
    ("open", "Open", "", _one),
    ("resume", "Resume", "Ctrl+Shift+R", _resumable),
    ("clone", "Clone its settings", "Ctrl+Shift+D", _one),
    ("go_on", "Continue from its adapter", "", _with_adapter),
    ("elsewhere", "Continue from an adapter's folder…", "", lambda _chosen: True),
    ("", "", "", _one),
    ("queue", "Put into the queue", "", _queueable),
    ("grid", "Train several…", "Ctrl+Shift+G", _one),
    ("draft", "Queue the recipe being edited…", "", lambda _chosen: True),
    ("reproduce", "Reproduce…", "", _ours),
    ("mine", "Make it mine", "", _foreign),
    ("", "", "", _one),
    ("report", "Write report…", "Ctrl+Shift+W", _one),
    ("card", "Write the model card", "", _with_adapter),
    ("folder", "Open folder", "", lambda chosen: len(chosen.runs) == 1),
    ("trash", "Move to the trash", "", _trashable),
)
"""Name, words, shortcut and when it is offered; no name is a line."""


class RunActions(QObject):
    """The actions, by name; the page puts them into its menu."""

    def __init__(self, page: QWidget, do: Callable[[str], object]) -> None:
        super().__init__(page)
        self._by_name: dict[str, tuple[QAction, Fits]] = {}
        self._ordered: list[QAction] = []
        for name, words, keys, fits in ACTS:
            act = QAction(words, page)
            if not name:
                act.setSeparator(True)
                self._ordered.append(act)
                continue
            if keys:
                act.setShortcut(QKeySequence(keys))
                act.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            act.triggered.connect(lambda _=False, name=name: do(name))
            page.addAction(act)
            self._by_name[name] = (act, fits)
            self._ordered.append(act)

    def __getitem__(self, name: str) -> QAction:
        return self._by_name[name][0]

    def offer(self, chosen: Chosen) -> None:
        """Enable what can be done with these runs."""
        for act, fits in self._by_name.values():
            act.setEnabled(fits(chosen))
        run = chosen.one
        starts = run is not None and not run.state.step
        self["resume"].setText("Start" if starts else "Resume")
        self["trash"].setText(_trash_words(chosen.runs))

    def menu(self, parent: QWidget) -> QMenu:
        """Return a menu of what can be done now."""
        made = QMenu(parent)
        made.setFont(fonts.font())
        made.addActions([act for act in self._ordered if act.isSeparator() or act.isEnabled()])
        return made


def _trash_words(runs: Sequence[RunSummary]) -> str:
    return f"Move {len(runs)} runs to the trash" if len(runs) > 1 else "Move to the trash"
