"""What the conversation should know: loading, warnings, consent, and what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.core.problems import StudioError
from studio.core.protocol import ChatLoaded
from studio.ui.look.tokens import PADDING
from studio.ui.widgets.banner import ErrorBanner
from studio.ui.widgets.note import Note
from studio.ui.widgets.parts import Button, fill

MOST_WARNINGS = 5
WORSE = "Answers can be worse than the training showed."
WORSE_HERE = "On another base its answers can be noise."


class Notices(QWidget):
    """A column of notes above the editor; takes no room when there is nothing to say.

    Signals:
        cancel_requested(): the loading should be given up.
        consented(): load although a run trains.
    """

    cancel_requested = Signal()
    consented = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.cancel_button = Button("Cancel", compact=True)
        self.cancel_button.clicked.connect(self.cancel_requested)
        self.loading = Note("", "", self.cancel_button, tone="plain")
        self.consent_button = Button("Load anyway", compact=True)
        self.consent_button.clicked.connect(self._on_consented)
        self.consent = Note(
            "A run is training.",
            "A model loaded beside it takes memory that the run may need.",
            self.consent_button,
        )
        self.warnings = [Note() for _ in range(MOST_WARNINGS)]
        self.banner = ErrorBanner()
        self._notes = (*self.warnings, self.loading, self.consent)
        notes = fill(QVBoxLayout(), *self._notes, gap=8, edge=(PADDING, 4, PADDING, 0))
        fill(QVBoxLayout(self), notes, self.banner, edge=(0, 0, 0, 10))  # it has its own air
        for note in self._notes:
            note.hide()
        self._fit()

    def show_loading(self, what: str, how_far: str) -> None:
        """Say what is being loaded, and how far it is."""
        self.loading.say(f"{what}.", how_far)
        self.loading.show()
        self._fit()

    def hide_loading(self) -> None:
        """Nothing is being loaded any more."""
        self.loading.hide()
        self._fit()

    def ask_consent(self) -> None:
        """Say that a run trains, and offer to load all the same."""
        self.consent.show()
        self._fit()

    def show_warnings(self, loaded: ChatLoaded | None, also: Sequence[tuple[str, str]]) -> None:
        """Show what is odd about what is in memory, and what else is odd, with what follows."""
        found = list(also)
        if loaded is not None:
            if not loaded.template_same and not any("template" in w for w in loaded.warnings):
                found.append(("The chat template is not the one of training.", WORSE))
            if len(loaded.columns) > 1 and not loaded.base_proven:
                found.append(("The base column is not proven to be the base.", loaded.self_test))
            found += [(warning, "") for warning in loaded.warnings]
        for number, note in enumerate(self.warnings):
            note.setVisible(number < len(found))
            if number < len(found):
                note.say(*found[number])
        self._fit()

    def show_problem(
        self, problem: StudioError, way_out: tuple[str, Callable[[], object]] | None
    ) -> None:
        """Say what went wrong, with a way out."""
        self.banner.show_problem(problem, way_out)
        self._fit()

    def clear_problem(self) -> None:
        """Take the problem and the question for consent away."""
        self.banner.clear()
        self.consent.hide()
        self._fit()

    def _on_consented(self) -> None:
        self.consent.hide()
        self._fit()
        self.consented.emit()

    def _fit(self) -> None:
        self.setVisible(any(not each.isHidden() for each in (*self._notes, self.banner)))
