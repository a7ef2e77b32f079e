"""The small panel in which the sampler is set."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QDoubleSpinBox, QFrame, QLineEdit, QVBoxLayout, QWidget

from studio.core.sampler import Sampler
from studio.ui.look import paint
from studio.ui.look.theme import colors
from studio.ui.look.tokens import PADDING, RADIUS_CARD
from studio.ui.widgets.formrow import FormRow
from studio.ui.widgets.parts import SpinField, fill
from studio.ui.widgets.stepping import TEXT_LEFT, draw_arrows

WIDTH = 460
MOST_TOKENS = 10_000
MOST_STOPS = 8
BETWEEN = "|"


class DecimalField(QDoubleSpinBox):
    """A field for a number with decimals, with chevrons in the look's own drawing."""

    def __init__(self, low: float, high: float, step: float) -> None:
        super().__init__()
        self.setRange(low, high)
        self.setSingleStep(step)
        self.setDecimals(2)
        self.lineEdit().setTextMargins(TEXT_LEFT, 0, 0, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        draw_arrows(self)


class SamplerPanel(QFrame):
    """Opens above a widget; Esc or a click outside closes it.

    Signals:
        changed(object): the ``Sampler`` as it is now.
    """

    changed = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setAccessibleName("Sampler")
        self._default = Sampler()
        self._make_fields()
        self._rows = self._make_rows()
        fill(QVBoxLayout(self), *self._rows.values(), gap=2, edge=PADDING)
        self.setFixedWidth(WIDTH)
        self.set_sampler(self._default)
        for name, row in self._rows.items():
            row.reset_requested.connect(lambda name=name: self._reset(name))
        for field in self._fields.values():
            field.valueChanged.connect(self._on_value_changed)
        self.stop.textChanged.connect(self._on_value_changed)

    def _make_fields(self) -> None:
        self.seed = SpinField(0, 2**31 - 1)
        self.temperature = DecimalField(0.0, 2.0, 0.1)
        self.top_p = DecimalField(0.01, 1.0, 0.05)
        self.length = SpinField(1, MOST_TOKENS)
        self.length.setMinimum(1)
        self.top_k = SpinField(0, 1_000)
        self.repetition = DecimalField(1.0, 2.0, 0.05)
        self.stop = QLineEdit()
        self.stop.setMaxLength(400)
        self.stop.setPlaceholderText("None")
        self._fields: dict[str, SpinField | DecimalField] = {
            "seed": self.seed,
            "temperature": self.temperature,
            "top_p": self.top_p,
            "top_k": self.top_k,
            "repetition": self.repetition,
            "max_new_tokens": self.length,
        }

    def _make_rows(self) -> dict[str, FormRow]:
        return {
            "seed": FormRow("Seed", self.seed, "The same seed draws the same answer."),
            "temperature": FormRow(
                "Temperature", self.temperature, "0 always takes the likeliest token."
            ),
            "top_p": FormRow("top-p", self.top_p, "Draws from this share of the probability."),
            "top_k": FormRow("top-k", self.top_k, "So many likeliest tokens; 0 for all."),
            "repetition": FormRow(
                "Repetition", self.repetition, "Penalty: above 1, said tokens are less likely."
            ),
            "max_new_tokens": FormRow("Longest answer", self.length, "In tokens; then it is cut."),
            "stop": FormRow(
                "Stop texts", self.stop, "End an answer. Several with |; \\n is a new line."
            ),
        }

    @property
    def sampler(self) -> Sampler:
        """The values in the fields."""
        return Sampler(
            seed=self.seed.value(),
            temperature=round(self.temperature.value(), 2),
            top_p=round(self.top_p.value(), 2),
            max_new_tokens=self.length.value(),
            top_k=self.top_k.value(),
            repetition=round(self.repetition.value(), 2),
            stop=_stops(self.stop.text()),
        )

    def set_sampler(self, sampler: Sampler) -> None:
        """Put other values into the fields."""
        self.seed.setValue(sampler.seed)
        self.temperature.setValue(sampler.temperature)
        self.top_p.setValue(sampler.top_p)
        self.length.setValue(sampler.max_new_tokens)
        self.top_k.setValue(sampler.top_k)
        self.repetition.setValue(sampler.repetition)
        if sampler.stop != _stops(self.stop.text()):
            self.stop.setText(BETWEEN.join(text.replace("\n", "\\n") for text in sampler.stop))

    def open_above(self, widget: QWidget) -> None:
        """Show the panel with its lower left corner on the widget's upper left."""
        self.setFixedHeight(self.minimumSizeHint().height())
        corner = widget.mapToGlobal(QPoint(0, 0))
        room = widget.screen().availableGeometry()
        left = min(max(corner.x(), room.left()), room.right() - self.width())
        self.move(left, max(room.top(), corner.y() - self.height() - 6))
        self.show()
        self.seed.setFocus(Qt.FocusReason.PopupFocusReason)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        c = colors()
        paint.box(painter, QRectF(self.rect()), RADIUS_CARD, c.raised, c.border_strong)

    def _reset(self, name: str) -> None:
        if name == "stop":
            self.stop.clear()
        else:
            self._fields[name].setValue(getattr(self._default, name))

    def _on_value_changed(self) -> None:
        now = self.sampler
        for name, row in self._rows.items():
            row.set_changed(getattr(now, name) != getattr(self._default, name))
        self.changed.emit(now)


def _stops(text: str) -> tuple[str, ...]:
    found = (part.replace("\\n", "\n") for part in text.split(BETWEEN))
    return tuple(part for part in found if part)[:MOST_STOPS]
