"""The foot of the Hub's list: downloads the model that is chosen there, with every way to stop."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from studio.core.hubentry import HubEntry
from studio.core.protocol import Progress
from studio.core.timeleft import TimeLeft
from studio.core.units import duration, file_size
from studio.machine.begunfetches import BegunFetch
from studio.ui.look.fonts import Role
from studio.ui.widgets.meter import Meter
from studio.ui.widgets.parts import Button, fill, prose
from studio.ui.widgets.tokenfield import TokenField

CONSENT = "Accept them on its page on huggingface.co, then give a token of your account."


@dataclass(frozen=True, slots=True)
class FetchState:
    """How it stands with the download of one model.

    Attributes:
        begun: what came of it before, if it is paused.
        here: it is on this computer.
        running: it is downloaded now.
        other: name of another model that is downloaded now.
        consent: its owner has refused us, so a token is wanted.
        free_bytes: on the disk of the workspace.
        problem: why the last download ended.
    """

    begun: BegunFetch | None = None
    here: bool = False
    running: bool = False
    other: str = ""
    consent: bool = False
    free_bytes: int = 0
    problem: str = ""


class FetchBox(QFrame):
    """One button that downloads or goes on; pause, cancel and a bar while it runs.

    Signals:
        wanted(): the user wants the model downloaded, or the download to go on.
        pause_requested(): the user wants it to stop and what came to be kept.
        cancel_requested(): the user wants it to stop and what came to be removed.
        chosen(): the user wants the model that is here as the base.
        token_given(str): the user's token.
    """

    wanted = Signal()
    pause_requested = Signal()
    cancel_requested = Signal()
    chosen = Signal()
    token_given = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("foot")
        self._left = TimeLeft()
        self.words = prose("", Role.SMALL)
        self.get_button = Button("Download", "download", "secondary")
        self.use_button = Button("Choose as base", "check", "secondary")
        self.pause_button = Button("Pause", "pause", "quiet", compact=True)
        self.cancel_button = Button("Cancel", "close", "quiet", compact=True)
        self.bar = Meter("Download", 240)
        self.token = TokenField()
        for button, signal in (
            (self.get_button, self.wanted),
            (self.use_button, self.chosen),
            (self.pause_button, self.pause_requested),
            (self.cancel_button, self.cancel_requested),
        ):
            button.clicked.connect(signal)
        self.token.given.connect(self.token_given)
        stops = fill(QHBoxLayout(), self.pause_button, self.cancel_button, None, gap=8)
        items = (self.words, self.token, self.bar, self.get_button, self.use_button, stops)
        fill(QVBoxLayout(self), *items, gap=6, edge=(12, 10, 12, 10))

    def show_state(self, entry: HubEntry, state: FetchState) -> None:
        """Show what can be done about a model."""
        begun, running = state.begun, state.running
        self.bar.setVisible(running or begun is not None)
        self.pause_button.setVisible(running)
        self.cancel_button.setVisible(running or begun is not None)
        self.cancel_button.setText("Cancel" if running else "Remove what came")
        self.use_button.setVisible(state.here and not running)
        self.get_button.setVisible(not running and not state.here)
        self.token.setVisible(state.consent and not running and not state.here)
        if running:
            return
        self._left = TimeLeft()
        left = entry.download_bytes
        if begun is not None:
            self.bar.set_shares(begun.done_bytes / max(begun.total_bytes, 1))
            left = begun.total_bytes - begun.done_bytes
        size = f", {file_size(left)}" if left else ""
        self.get_button.setText(f"{'Go on' if begun else 'Download'}{size}")
        lacking = left > state.free_bytes
        self.get_button.setEnabled(not state.other and not lacking)
        self._say(_idle_words(state, left if lacking else 0))

    def show_progress(self, progress: Progress | None) -> None:
        """Show how far the download is; None before its first word."""
        what, total = "Starting the download", progress.total if progress else 0
        if progress is not None:
            what = progress.what
        if progress is not None and total:
            self._left.note(monotonic(), progress.done)
            left = self._left.seconds(total)
            what = f"{file_size(progress.done)} of {file_size(total)}"
            what += f", {duration(left)} left" if left is not None else ""
            self.bar.set_shares(progress.done / total)
        self._say(what)

    def _say(self, words: str) -> None:
        self.words.setText(words)
        self.words.setVisible(bool(words))


def _idle_words(state: FetchState, lacking: int) -> str:
    if state.here:
        return "On this computer."
    if lacking:
        need, free = file_size(lacking), file_size(state.free_bytes)
        return f"Needs {need} on the disk, and {free} are free."
    if state.other:
        return f"{state.other} is being downloaded; one at a time."
    if state.consent:
        return state.problem or f"Its owner asks you to accept terms first. {CONSENT}"
    if state.problem:
        return state.problem
    if state.begun is not None:
        done, total = file_size(state.begun.done_bytes), file_size(state.begun.total_bytes)
        return f"Paused at {done} of {total}."
    return ""
