"""The Hub in the list of models: the catalogue without the network, and a search when asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget

from studio.core.hubentry import HubEntry
from studio.core.units import count, file_size, percent
from studio.machine.begunfetches import BegunFetch
from studio.ui.look.fonts import Role
from studio.ui.model.factsbox import REMOTE, FactsBox
from studio.ui.model.fetchbox import FetchBox
from studio.ui.model.knobfields import PickField
from studio.ui.model.marks import MARKS
from studio.ui.widgets.lists import Entry, EntryList
from studio.ui.widgets.parts import Button, Elided, SearchField, fill, line, prose


class HubPane(QWidget):
    """Lists models that can be downloaded and shows what is known of the chosen one.

    Signals:
        looked_at(object): the user went to another HubEntry.
        search_requested(str): the user wants the Hub asked.
        closed_search(): the user wants the catalogue again.
    """

    looked_at = Signal(object)
    search_requested = Signal(str)
    closed_search = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Models of the Hub")
        self._small = False
        self._entries: list[HubEntry] = []
        self._shown: list[HubEntry] = []
        self._marks: Mapping[str, str] = {}
        self._begun: Mapping[str, BegunFetch] = {}
        self._here: frozenset[str] = frozenset()
        self._searched, self._fetching = False, ""
        self.current: HubEntry | None = None
        self.field = SearchField("Filter the catalogue")
        self.field.textChanged.connect(self._on_text_changed)
        self.field.returnPressed.connect(self._on_search_clicked)
        self.search_button = Button("Search the Hub", "search", "quiet", compact=True)
        self.search_button.clicked.connect(self._on_search_clicked)
        self.back_button = Button("Back to the catalogue", "left", "quiet", compact=True)
        self.back_button.clicked.connect(self.closed_search)
        self.note = prose("", Role.SMALL)
        self.list = EntryList("Models of the Hub", 59)
        self.list.chosen.connect(self._on_chosen)
        self.choice = PickField()
        self.choice.setAccessibleName("Model of the Hub")
        self.choice.setPlaceholderText("No model is looked at")
        self.choice.activated.connect(self._on_chosen)
        self.facts, self.fetch = FactsBox(REMOTE), FetchBox()
        self._head = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        parts = (self.field, self.choice, self.search_button, self.back_button)
        fill(self._head, *parts, gap=6, edge=(11, 0, 11, 8))
        self._line = line()
        self.summary = Elided("", Role.SMALL)
        self._facts_line = QWidget()
        fill(QVBoxLayout(self._facts_line), self.summary, edge=(12, 0, 12, 8))
        note = fill(QVBoxLayout(), self.note, edge=(11, 0, 11, 8))  # a line of its own when narrow
        column = fill(QVBoxLayout(self), self._head, note, self._line)
        column.addWidget(self.list, 1)
        fill(column, self._facts_line, self.facts, self.fetch)
        self.say("")
        self.back_button.hide()
        self._on_text_changed("")

    def set_small(self, small: bool) -> None:
        """Become a drop-down in a narrow window."""
        self._small = small
        directions = QBoxLayout.Direction
        self._head.setDirection(directions.LeftToRight if small else directions.TopToBottom)
        self._head.setStretchFactor(self.choice, 1 if small else 0)
        self.choice.setVisible(small)
        self.list.setVisible(not small)
        self._line.setVisible(not small)
        self._show_feet()

    def set_top(self, top: int) -> None:
        """Leave so many pixels above the first line."""
        self._head.setContentsMargins(11, top, 11, 8)

    def show_facts(self, entry: HubEntry, fits: str, sizes: str) -> None:
        """Show what is known of the model that is looked at, in a line where it is narrow."""
        self.facts.show_entry(entry, fits, sizes)
        named = ("Architecture", "Context", "Template", "Licence", "Download", "Fits here")
        self.summary.setText(" · ".join(self.facts.fact(name) for name in named))

    def say(self, words: str) -> None:
        """Say how a search stands; empty says nothing."""
        self.note.setText(words)
        self.note.setVisible(bool(words))

    def show_entries(
        self,
        entries: Sequence[HubEntry],
        marks: Mapping[str, str],
        begun: Mapping[str, BegunFetch],
        here: frozenset[str],
        *,
        fetching: str = "",
        searched: bool = False,
    ) -> None:
        """Show models; marks, what is begun and what is on this computer by owner/name.

        Args:
            entries: what can be downloaded.
            marks: what each could be trained with here.
            begun: downloads that can go on.
            here: those on this computer.
            fetching: the one that is downloaded now.
            searched: whether a search found them, else they are the catalogue.
        """
        self._entries, self._marks, self._begun, self._here = list(entries), marks, begun, here
        self.back_button.setVisible(searched)
        self._searched, self._fetching = searched, fetching
        self._fill()

    def look_at(self, entry: HubEntry | None) -> None:
        """Make an entry the one that is looked at; sends no signal."""
        self.current = entry
        self._fill()

    def _fill(self) -> None:
        wanted = "" if self._searched else self.field.text().strip().casefold()
        self._shown = [entry for entry in self._entries if wanted in entry.id.casefold()]
        here = [entry.id for entry in self._shown]
        at = here.index(self.current.id) if self.current and self.current.id in here else -1
        entries = [self._entry(entry) for entry in self._shown]
        self.list.set_entries(entries, at)
        names = [f"{entry.name} · {entry.mark}" if entry.mark else entry.name for entry in entries]
        if names != [self.choice.itemText(n) for n in range(self.choice.count())]:
            self.choice.clear()
            self.choice.addItems(names)
        self.choice.setCurrentIndex(at)
        self._show_feet()

    def _show_feet(self) -> None:
        self._facts_line.setVisible(self.current is not None and self._small)
        self.facts.setVisible(self.current is not None and not self._small)
        self.fetch.setVisible(self.current is not None)

    def _entry(self, entry: HubEntry) -> Entry:
        icon, words, tone = MARKS.get(self._marks.get(entry.id, ""), ("", "", ""))
        size = file_size(entry.download_bytes) if entry.download_bytes else ""
        facts = [count(entry.parameters) if entry.parameters else "", size]
        if entry.gated:
            facts.append("gated")
        if entry.id == self._fetching:
            facts = ["downloading"]
        elif entry.id in self._here:
            facts = [facts[0], "on this computer"]
        elif (begun := self._begun.get(entry.id)) is not None:
            facts = [f"paused, {percent(begun.done_bytes / max(begun.total_bytes, 1))} came"]
        return Entry(entry.name, " · ".join(filter(None, facts)), icon, words, tone, entry.id)

    def _on_text_changed(self, text: str) -> None:
        self.search_button.setVisible(bool(text.strip()))
        self.search_button.setText("Search the Hub for it")
        self._fill()

    def _on_search_clicked(self) -> None:
        if words := self.field.text().strip():
            self.search_requested.emit(words)

    def _on_chosen(self, at: int) -> None:
        self.current = self._shown[at]
        self._show_feet()
        self.looked_at.emit(self.current)
