"""Small questions about the run that trains: which rate, which prompt, how to go back."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QLineEdit, QPlainTextEdit, QWidget

from studio.core.recipe import KNOBS
from studio.core.units import learning_rate
from studio.ui.dialogs.frame import Dialog
from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.widgets.parts import label, prose
from studio.ui.widgets.segmented import Segmented

LONGEST_PROMPT = 4_000
"""Characters; the engine takes no more."""
HALF = 0.5


class RateDialog(Dialog):
    """Asks for the highest learning rate; the schedule keeps its shape."""

    def __init__(self, parent: QWidget | None, rate: float) -> None:
        now = f"It is {learning_rate(rate)} now. " if rate else ""
        facts = f"{now}The schedule keeps its shape, from the next step on."
        super().__init__(parent, "Change the highest learning rate", facts)
        self.field = QLineEdit(learning_rate(rate * HALF) if rate else "")
        self.field.setAccessibleName("Highest learning rate")
        self.field.selectAll()
        self._fault = prose("", Role.SMALL, tone="danger")
        self.body.addWidget(self.field)
        self.body.addWidget(self._fault)
        self.add_act("Cancel")
        self.change_button = self.add_act("Change the rate", "primary")
        self.field.textChanged.connect(lambda _: self._judge())
        self._judge()

    @property
    def rate(self) -> float:
        """The rate that was written; 0 if it is none."""
        try:
            found = float(self.field.text().replace(",", ".").strip() or "0")
        except ValueError:
            return 0.0
        knob = KNOBS["learning_rate"]
        return found if (knob.low or 0) <= found <= (knob.high or 1) and found > 0 else 0.0

    def _judge(self) -> None:
        knob = KNOBS["learning_rate"]
        self.change_button.setEnabled(self.rate > 0)
        span = f"{learning_rate(knob.low)} to {learning_rate(knob.high)}"
        self._fault.setText("" if self.rate else f"A number from {span}, such as 1e-4")


class PromptDialog(Dialog):
    """Asks for a prompt to answer beside the fixed ones; none is fine."""

    def __init__(self, parent: QWidget | None) -> None:
        facts = "The fixed prompts are answered after this step. Yours is answered with them."
        super().__init__(parent, "Sample now", facts)
        self.field = QPlainTextEdit()
        self.field.setPlaceholderText("A prompt of your own, or nothing")
        self.field.setAccessibleName("A prompt of your own")
        self.field.setTabChangesFocus(True)
        self.field.setFixedHeight(92)
        self.field.setFont(fonts.font())
        self.body.addWidget(self.field)
        self.add_act("Cancel")
        self.add_act("Sample now", "primary")

    @property
    def prompt(self) -> str:
        """What was written, without the air around it."""
        return self.field.toPlainText().strip()[:LONGEST_PROMPT]


class BackDialog(Dialog):
    """Asks whether to go back to a checkpoint, and with which rate."""

    def __init__(self, parent: QWidget | None, now: int, step: int, rate: float) -> None:
        where = f"step {step:,}" if step else "the start"
        later = f"Checkpoints after step {step:,}" if step else "All checkpoints"
        facts = f"Steps {step + 1:,} to {now:,} are taken again. {later} are set aside."
        super().__init__(parent, f"Go back to {where}?", facts)
        halved = f"Half, {learning_rate(rate * HALF)}"
        self._rate = rate
        self.choice = Segmented(
            "Learning rate", halved, f"As it is, {learning_rate(rate)}", ground="raised"
        )
        self.body.addWidget(label("Learning rate from there on", weight=fonts.MEDIUM))
        self.body.addWidget(self.choice)
        self.choice.setVisible(rate > 0)
        self.add_act("Cancel")
        self.add_act(f"Go back to {where}", "primary")

    @property
    def rate(self) -> float:
        """The rate from there on; 0 keeps it."""
        return self._rate * HALF if self._rate and self.choice.current() == 0 else 0.0


def ask_rate(parent: QWidget | None, rate: float) -> float | None:
    """Return the highest learning rate that the user wants; None for no change."""
    dialog = RateDialog(parent, rate)
    return dialog.rate if _accepted(dialog) and dialog.rate else None


def ask_prompt(parent: QWidget | None) -> str | None:
    """Return the user's own prompt, empty for none; None if nothing is to be sampled."""
    dialog = PromptDialog(parent)
    return dialog.prompt if _accepted(dialog) else None


def ask_back(parent: QWidget | None, now: int, step: int, rate: float) -> float | None:
    """Return the rate to go on with after going back, 0 to keep it; None to stay."""
    dialog = BackDialog(parent, now, step, rate)
    return dialog.rate if _accepted(dialog) else None


def _accepted(dialog: Dialog) -> bool:
    try:
        return dialog.exec() == QDialog.DialogCode.Accepted
    finally:
        dialog.deleteLater()
