"""The list of models at hand, the facts of the chosen one, and ways to get another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QBoxLayout, QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from studio.core.protocol import Progress
from studio.core.units import count, file_size
from studio.machine.models import STARTER, STARTER_BYTES, ModelInfo, RefusedModel
from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.model.knobfields import PickField
from studio.ui.widgets.card import Card
from studio.ui.widgets.lists import Entry, EntryList
from studio.ui.widgets.meter import Meter
from studio.ui.widgets.parts import Button, Elided, SearchField, fill, label, line, prose

WIDTH, MOST_WIDE = 264, 16_777_215
OFFER = "A small model to begin with: 135 M, Apache-2.0."
MARKS = {
    "LoRA": ("check", "LoRA", "good"),
    "QLoRA": ("check", "QLoRA", "good"),
    "tight": ("warning", "tight", "warning"),
    "over": ("error", "over", "danger"),
    "no": ("close", "too big", "plain"),
}
"""Icon, words and tone of the badge that says what a model could be trained with here."""


class ModelCard(Card):
    """Lists models and shows what is known about the chosen one.

    Signals:
        chosen(object): the user went to a model; its folder.
        add_requested(): the user wants to add a folder.
        remove_requested(object): the user wants a folder that was added off the list.
        starter_requested(): the user wants the starter model fetched.
        cancel_requested(): the user wants the download stopped.
    """

    chosen = Signal(object)
    add_requested = Signal()
    remove_requested = Signal(object)
    starter_requested = Signal()
    cancel_requested = Signal()

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
        self._search = SearchField("Search models")
        self._search.textChanged.connect(self._fill_list)
        self.list = EntryList("Models", 59)
        self.list.chosen.connect(self._on_list_chosen)
        self.choice = PickField()
        self.choice.setAccessibleName("Base model")
        self.choice.setPlaceholderText("No model is chosen")
        self.choice.activated.connect(self._on_list_chosen)
        add = Button("Add a folder…", "folder", "quiet", compact=True)
        add.clicked.connect(self.add_requested)
        self._head = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        fill(self._head, self._search, gap=6, edge=(11, 10, 11, 8))
        self._head.addWidget(self.choice, 1)
        self._head.addWidget(add)
        self.body.addLayout(self._head)
        self._line = line()
        self.body.addWidget(self._line)
        self.body.addWidget(self.list, 1)
        self.starter = StarterBox()
        self.starter.get_button.clicked.connect(self.starter_requested)
        self.starter.cancel_button.clicked.connect(self.cancel_requested)
        self.body.addWidget(self.starter)
        self._facts = FactsBox()
        self._facts.remove_button.clicked.connect(self._on_remove_clicked)
        self.body.addWidget(self._facts)
        self.set_small(False)

    def set_small(self, small: bool) -> None:
        """Become a drop-down in a narrow window."""
        self._small = small
        directions = QBoxLayout.Direction
        self._head.setDirection(directions.LeftToRight if small else directions.TopToBottom)
        for part in (self._search, self.list, self._line):
            part.setVisible(not small)
        self.choice.setVisible(small)
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
        if current is not None:
            self._refusal = None
        self._fill_list()

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
            self._show_facts()
            return
        self._refusal = None
        self.chosen.emit(one.folder)

    def _on_remove_clicked(self) -> None:
        one = self._refusal or self._current
        if one is not None:
            self._refusal = None
            self.remove_requested.emit(one.folder)


class FactsBox(QFrame):
    """What is known about one model, or why it is refused."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("foot")
        self._title = Elided("", Role.SMALL, "text")
        self._title.setFont(fonts.font(Role.SMALL, fonts.BOLD))
        self._refusal = prose("", Role.SMALL, "danger")
        self._hint = prose("", Role.SMALL)
        self._grid = QWidget()
        grid = QGridLayout(self._grid)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(4)
        grid.setHorizontalSpacing(14)
        grid.setColumnStretch(1, 1)
        self._values: dict[str, Elided] = {}
        for at, name in enumerate(
            ("Architecture", "Context", "Template", "Licence", "Files", "Origin")
        ):
            self._values[name] = Elided("", Role.SMALL, "text")
            grid.addWidget(label(name, Role.SMALL, tone="muted"), at, 0)
            grid.addWidget(self._values[name], at, 1)
        self.remove_button = Button("Take off the list", "close", "quiet", compact=True)
        items = (self._title, self._grid, self._refusal, self._hint, self.remove_button)
        fill(QVBoxLayout(self), *items, gap=6, edge=(14, 11, 12, 13))

    def show_model(self, info: ModelInfo | None, refusal: RefusedModel | None = None) -> None:
        """Show a model's facts, or the reason why one is refused, or nothing."""
        self._grid.setVisible(info is not None and refusal is None)
        self._refusal.setVisible(refusal is not None)
        self._hint.setVisible(refusal is not None)
        self.remove_button.setVisible(refusal is not None)
        if refusal is not None:
            self._title.setText(refusal.folder.name)
            self._refusal.setText(refusal.problem.summary)
            self._hint.setText(refusal.problem.hint)
        elif info is not None:
            self._title.setText(info.name)
            for name, value in _facts(info).items():
                self._values[name].setText(value)


def _facts(info: ModelInfo) -> dict[str, str]:
    shape = info.shape
    heads = f"{shape.heads}:{shape.kv_heads}"
    grouped = f"GQA {heads}" if shape.kv_heads < shape.heads else f"{shape.heads} heads"
    return {
        "Architecture": f"{shape.layers} layers, {grouped}",
        "Context": f"{info.context:,} tokens" if info.context else "not said",
        "Template": info.template_family or "none of its own",
        "Licence": info.licence or "not said",
        "Files": f"safetensors, {info.dtype}",
        "Origin": info.label or "a folder of yours",
    }


class StarterBox(QFrame):
    """Offers the starter model while it is missing; shows its download with a way to stop it."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("foot")
        self._words = prose(OFFER, Role.SMALL)
        size = file_size(STARTER_BYTES)
        self.get_button = Button(f"Get the starter model, {size}", "download", "secondary")
        self.cancel_button = Button("Cancel", "close", "quiet", compact=True)
        self.cancel_button.setAccessibleName("Cancel the download")
        self._bar = Meter("Download", 140)
        row = fill(QHBoxLayout(), self._bar, None, self.cancel_button, gap=8)
        fill(QVBoxLayout(self), self._words, self.get_button, row, gap=6, edge=(12, 10, 12, 10))
        self.show_idle()

    def show_idle(self, problem: str = "") -> None:
        """Offer the download; a problem is what stopped the last one."""
        self._words.setText(problem or OFFER)
        self.get_button.show()
        self._bar.hide()
        self.cancel_button.hide()

    def show_progress(self, progress: Progress | None) -> None:
        """Show how far a download is; None before its first word."""
        self.get_button.hide()
        self.cancel_button.show()
        what = progress.what if progress else "Starting the download"
        total = progress.total if progress else 0
        done = progress.done if progress else 0
        if total:
            what = f"{what}: {file_size(done)} of {file_size(total)}"
            self._bar.set_shares(done / total)
        self._bar.setVisible(bool(total))
        self._words.setText(what)
