"""The list of models at hand, the facts of the chosen one, and ways to get another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget

from studio.core.units import count, file_size
from studio.machine.models import STARTER, ModelInfo, RefusedModel
from studio.ui.model.factsbox import FactsBox
from studio.ui.model.hubpane import HubPane
from studio.ui.model.knobfields import PickField
from studio.ui.model.marks import MARKS
from studio.ui.model.starterbox import StarterBox
from studio.ui.widgets.card import Card
from studio.ui.widgets.lists import Entry, EntryList
from studio.ui.widgets.parts import Button, SearchField, fill, line
from studio.ui.widgets.segmented import Segmented

WIDTH, MOST_WIDE = 264, 16_777_215
PLACES = ("This computer", "Hub")


class ModelCard(Card):
    """Lists models and shows what is known about the chosen one.

    Signals:
        chosen(object): the user went to a model; its folder.
        refused_looked_at(object): the user went to a RefusedModel, or away from it: None.
        add_requested(): the user wants to add a folder.
        remove_requested(object): the user wants a folder that was added off the list.
        starter_requested(): the user wants the starter model fetched.
        cancel_requested(): the user wants the download stopped.
        place_changed(): this computer or the Hub is shown now.
    """

    chosen = Signal(object)
    refused_looked_at = Signal(object)
    add_requested = Signal()
    remove_requested = Signal(object)
    starter_requested = Signal()
    cancel_requested = Signal()
    place_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._small = False
        self.setAccessibleName("Models")
        self._models: list[ModelInfo] = []
        self._refused: list[RefusedModel] = []
        self._marks: Mapping[Path, str] = {}
        self._current: ModelInfo | None = None
        self._refusal: RefusedModel | None = None
        self._shown: list[ModelInfo | RefusedModel] = []
        self._make_parts()
        self._lay_out()
        self.set_small(False)

    def _make_parts(self) -> None:
        """Make what chooses a model, what tells of it, and what gets another."""
        self._search = SearchField("Search models")
        self._search.textChanged.connect(self._fill_list)
        self.list = EntryList("Models", 59)
        self.list.chosen.connect(self._on_list_chosen)
        self.choice = PickField()
        self.choice.setAccessibleName("Base model")
        self.choice.setPlaceholderText("No model is chosen")
        self.choice.activated.connect(self._on_list_chosen)
        self._add = Button("Add a folder…", "folder", "quiet", compact=True)
        self._add.clicked.connect(self.add_requested)
        self.place = Segmented("Where the models are", *PLACES)
        self.place.chosen.connect(self._on_place_chosen)
        self.hub = HubPane()
        self.hub.hide()
        self.starter = StarterBox()
        self.starter.get_button.clicked.connect(self.starter_requested)
        self.starter.cancel_button.clicked.connect(self.cancel_requested)
        self._facts = FactsBox()
        self._facts.remove_button.clicked.connect(self._on_remove_clicked)

    def _lay_out(self) -> None:
        self._head = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        fill(self._head, self._search, gap=6, edge=(11, 0, 11, 8))
        self._head.addWidget(self.choice, 1)
        self._head.addWidget(self._add)
        self._line = line()
        self._local = QWidget()
        local = fill(QVBoxLayout(self._local), self._head, self._line)
        local.addWidget(self.list, 1)
        self._whole = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._whole.setSpacing(0)
        self._whole.addLayout(fill(QVBoxLayout(), self.place, None, edge=(11, 10, 11, 8)))
        self._whole.addWidget(self._local, 1)
        self._whole.addWidget(self.hub, 1)
        self.body.addLayout(self._whole)
        local.addWidget(self.starter)
        local.addWidget(self._facts)

    def set_small(self, small: bool) -> None:
        """Become a drop-down in a narrow window."""
        self._small = small
        directions = QBoxLayout.Direction
        for row in (self._whole, self._head):
            row.setDirection(directions.LeftToRight if small else directions.TopToBottom)
        top = 10 if small else 0  # beside the choice of the place, as high as that
        self._head.setContentsMargins(11, top, 11, 8)
        self.hub.set_top(top)
        for part in (self._search, self.list, self._line):
            part.setVisible(not small)
        self.choice.setVisible(small)
        self.hub.set_small(small)
        self.setMinimumWidth(0 if small else WIDTH)
        self.setMaximumWidth(MOST_WIDE if small else WIDTH)
        self._show_facts()

    def show_models(
        self,
        models: Sequence[ModelInfo],
        refused: Sequence[RefusedModel],
        current: ModelInfo | None,
        marks: Mapping[Path, str],
    ) -> None:
        """Show the models at hand; marks say what each could be trained with, by folder."""
        self._models, self._refused = list(models), list(refused)
        self._current, self._marks = current, marks
        was = self._refusal.folder if self._refusal is not None else None
        self._refusal = next((one for one in refused if one.folder == was), None)
        self._fill_list()

    def show_fits(self, fits: str, sizes: str) -> None:
        """Say how the chosen model can be trained here, in few words and with sizes."""
        self._facts.show_fits(fits, sizes)

    def show_place(self, place: str) -> None:
        """Show "This computer" or "Hub"."""
        self.place.set_current(PLACES.index(place))
        self._on_place_chosen(PLACES.index(place))

    def _on_place_chosen(self, at: int) -> None:
        on_hub = PLACES[at] == "Hub"
        self._local.setVisible(not on_hub)
        self.hub.setVisible(on_hub)
        self.place_changed.emit()

    def _fill_list(self, _text: str = "") -> None:
        wanted = self._search.text().casefold()
        self._shown = [m for m in self._models if wanted in m.name.casefold()]
        self._shown += [m for m in self._refused if wanted in m.folder.name.casefold()]
        at = next((n for n, one in enumerate(self._shown) if self._is_current(one)), -1)
        entries = [self._entry(one) for one in self._shown]
        self.list.set_entries(entries, at)
        names = [f"{entry.name} · {entry.mark}" if entry.mark else entry.name for entry in entries]
        if names != [self.choice.itemText(n) for n in range(self.choice.count())]:
            self.choice.clear()
            self.choice.addItems(names)
        self.choice.setCurrentIndex(at)
        self._show_facts()

    def _show_facts(self) -> None:
        """Show what is known of the chosen one; narrow, only why one is refused."""
        self._facts.show_model(self._current, self._refusal)
        known = self._refusal or (None if self._small else self._current)
        self._facts.setVisible(known is not None)

    def _is_current(self, one: ModelInfo | RefusedModel) -> bool:
        if self._refusal is not None:
            return one is self._refusal
        return self._current is not None and one.folder == self._current.folder

    def _entry(self, one: ModelInfo | RefusedModel) -> Entry:
        if isinstance(one, RefusedModel):
            if one.config is not None:
                return Entry(one.folder.name, "another kind of model", "info", "estimate", "plain")
            return Entry(one.folder.name, "cannot be loaded", "error", "refused", "danger")
        icon, words, tone = MARKS.get(self._marks.get(one.folder, ""), ("", "", ""))
        starter = "starter" if one.name == STARTER else ""
        below = " · ".join(
            part for part in (count(one.parameters), starter, file_size(one.size_bytes)) if part
        )
        return Entry(one.name, below, icon, words, tone)

    def _on_list_chosen(self, at: int) -> None:
        one = self._shown[at]
        if isinstance(one, RefusedModel):
            self._refusal = one
            self.choice.setCurrentIndex(at)
            self._show_facts()
            self.refused_looked_at.emit(one)
            return
        self._refusal = None
        self.refused_looked_at.emit(None)
        self.chosen.emit(one.folder)

    def _on_remove_clicked(self) -> None:
        one = self._refusal or self._current
        if one is not None:
            self._refusal = None
            self.remove_requested.emit(one.folder)
