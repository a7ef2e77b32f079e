"""One part of a mix as a line of the dialog: dataset, split, weight or rows, what it gives."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSlider, QVBoxLayout, QWidget

from studio.core.example import SPLITS
from studio.core.mix import MixPart
from studio.data.mixing import PartRows
from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.model.knobfields import PickField
from studio.ui.widgets.parts import Button, Elided, fill, label, prose, restyle

WIDTH_AMOUNT = 92
WIDTH_SPLIT = 112
TOP = 100


class PartLine(QWidget):
    """Edits a part.

    Signals:
        edited(): it is another part now, or none that can be.
        removed(): the user takes it out.
    """

    edited = Signal()
    removed = Signal()

    def __init__(self, part: MixPart) -> None:
        super().__init__()
        self.dataset = part.dataset
        self.setAccessibleName(f"Part {part.dataset}")
        self._name = Elided(part.dataset, Role.BODY, "text")
        self._name.middle = True
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, TOP)
        self.slider.setAccessibleName(f"Weight of {part.dataset}")
        self.amount = QLineEdit(_text(part))
        self.amount.setFixedWidth(WIDTH_AMOUNT)
        self.amount.setAccessibleName(f"Weight or rows of {part.dataset}")
        self.split = PickField(*SPLITS)
        self.split.setFixedWidth(WIDTH_SPLIT)
        self.split.setCurrentIndex(SPLITS.index(part.split))
        self.split.setAccessibleName(f"Split of {part.dataset}")
        self.remove = Button(f"Take {part.dataset} out", "close", "icon")
        self._gives = prose("", Role.SMALL)
        self._lay_out()
        self._show_weight()
        self.slider.valueChanged.connect(self._on_slid)
        self.amount.textEdited.connect(self._on_typed)
        self.split.currentIndexChanged.connect(self.edited)
        self.remove.clicked.connect(self.removed)

    def _lay_out(self) -> None:
        row = fill(QHBoxLayout(), gap=10)
        row.addWidget(self._name, 3)
        row.addWidget(self.slider, 2)
        row.addWidget(self.amount)
        row.addWidget(self.split)
        row.addWidget(self.remove)
        fill(QVBoxLayout(self), row, self._gives, gap=2, edge=(0, 4, 0, 4))

    def part(self) -> MixPart | None:
        """Return the part as it stands; None if its amount cannot be read."""
        text = self.amount.text().strip().replace(",", "").removesuffix("rows").strip()
        split = SPLITS[self.split.currentIndex()]
        try:
            if text.isdecimal() and int(text):
                return MixPart(self.dataset, rows=int(text), split=split)
            weight = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            return None
        return MixPart(self.dataset, weight, split=split) if weight > 0 else None

    def show_counts(self, found: PartRows) -> None:
        """Say what the part gives."""
        words = [f"{found.rows:,} of {found.there:,} rows"]
        if found.repeats:
            words = [f"{found.rows:,} rows"]
        if not found.there:
            words = [f"{self.dataset} has no rows in {found.part.split}"]
        if found.tokens is not None:
            words.append(f"{found.tokens:,} tokens")
        words += [found.repeats] if found.repeats else []
        self._say(" · ".join(words), "muted" if found.there else "danger")

    def show_fault(self, why: str) -> None:
        """Say why the part cannot be; empty lifts it."""
        self.amount.setProperty("wrong", bool(why))
        restyle(self.amount)
        if why:
            self._say(why, "danger")

    def _say(self, words: str, tone: str) -> None:
        self._gives.setText(words)
        self._gives.setProperty("tone", tone)
        restyle(self._gives)

    def _on_slid(self, value: int) -> None:
        self.amount.setText(f"{value} %")
        self.edited.emit()

    def _on_typed(self) -> None:
        self._show_weight()
        self.edited.emit()

    def _show_weight(self) -> None:
        """Let the slider follow a weight; where rows are counted it rests."""
        part = self.part()
        self.slider.setEnabled(part is None or not part.rows)
        if part is not None and part.weight:
            before = self.slider.blockSignals(True)
            self.slider.setValue(round(100 * part.weight))
            self.slider.blockSignals(before)


def _text(part: MixPart) -> str:
    return f"{part.rows:,}" if part.rows else f"{100 * part.weight:.6g} %"


def head() -> QWidget:
    """Return the words above the lines."""
    made = QWidget()
    row = fill(QHBoxLayout(made), gap=10)
    row.addWidget(label("Dataset", Role.SMALL, fonts.MEDIUM, "muted"), 3)
    row.addWidget(label("Weight", Role.SMALL, fonts.MEDIUM, "muted"), 2)
    for words, width in (("or rows", WIDTH_AMOUNT), ("Split", WIDTH_SPLIT), ("", 28)):
        each = label(words, Role.SMALL, fonts.MEDIUM, "muted")
        each.setFixedWidth(width)
        row.addWidget(each)
    return made
