"""Shows what a fix would do before it does it: which rows go, or each text before and after."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from studio.app.datasetdocument import DatasetDocument
from studio.app.rowchecks import Fault, RowChecks
from studio.data.checks.fixes import CHANGE, DELETE, Fix, changed_cells
from studio.ui.data.problemwords import examples
from studio.ui.dialogs.frame import Dialog
from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.look.theme import colors
from studio.ui.widgets.parts import Elided, fill, label, plain_tip

SHOWN = 6
"""Rows that are shown; the rest is counted."""
WIDTH = 620
AROUND = 24
"""Characters shown before what changes."""
_SIGNS = str.maketrans({"\n": "⏎", "\r": "␍", "\t": "⇥", "\0": "␀"})


class FixDialog(Dialog):
    """Asks before many rows are changed; the act itself can be undone."""

    def __init__(
        self,
        parent: QWidget | None,
        document: DatasetDocument,
        checks: RowChecks,
        fault: Fault,
        fix: Fix,
    ) -> None:
        count = len(fault.rows)
        super().__init__(parent, f"{fix.label(count)}?", _facts(fault, fix))
        self.lines: list[str] = []
        listed = QWidget()
        column = fill(QVBoxLayout(listed), gap=4)
        if fix.how == CHANGE:
            rows = document.read(fault.rows[:SHOWN].tolist())
            for row_id, field, after in changed_cells(fix, rows):
                before = next(row for row in rows if row.id == row_id).text(field)
                number = document.position(row_id) + 1
                column.addWidget(BeforeAfter(f"Row {number:,}, {field}", before, after))
                self.lines.append(f"{before} → {after}")
        else:
            for words in examples(document, checks, [fault], SHOWN)[fault.code]:
                column.addWidget(Elided(words, Role.SMALL, "text"))
                self.lines.append(words)
        if count > SHOWN:
            column.addWidget(label(f"and {count - SHOWN:,} more", Role.SMALL, tone="muted"))
        self.body.addWidget(listed)
        self.add_act("Cancel")
        self.add_act(fix.label(count), "primary")
        self.resize(WIDTH, self.sizeHint().height())


class BeforeAfter(QWidget):
    """A text around its first change: struck through what goes, underlined what comes."""

    def __init__(self, name: str, before: str, after: str) -> None:
        super().__init__()
        self._name = name
        self._before, self._after = _window(before, after)
        self.setAccessibleName(f"{name}: {self._before} becomes {self._after}")
        self.setToolTip(plain_tip(f"{before[:400]}\n→\n{after[:400]}"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(400, round(52 * max(fonts.user_scale(), 1.0)))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, c = QPainter(self), colors()
        third = self.height() / 3
        small, body = fonts.font(Role.CAPTION), fonts.font(Role.SMALL)
        paint.text(painter, QRectF(0, 0, self.width(), third), self._name, small, c.muted)
        for at, (words, ink, tint) in enumerate(
            ((self._before, c.danger, c.danger_tint), (self._after, c.accent, c.accent_tint)), 1
        ):
            area = QRectF(0, at * third, self.width(), third - 1)
            paint.box(painter, area, 3, tint)
            paint.text(painter, area.adjusted(6, 0, -6, 0), words or "(nothing)", body, ink)


def _facts(fault: Fault, fix: Fix) -> str:
    if fix.how == DELETE:
        if fault.code.endswith("duplicate"):
            return f"{fault.summary} The first of each stays. Undo brings the copies back."
        return f"{fault.summary} Undo brings the rows back."
    if fix.how == CHANGE:
        return f"{fault.summary} Every change can be undone, in one step."
    return f"{fault.summary} It is then trained on like the others. Undo takes it back."


def _window(before: str, after: str) -> tuple[str, str]:
    """Return both texts from a little before their first difference, in one line."""
    pairs = enumerate(zip(before, after, strict=False))
    same = next((at for at, (one, other) in pairs if one != other), min(len(before), len(after)))
    start = max(same - AROUND, 0)
    dots = "…" if start else ""
    first, second = (
        f"{dots}{text[start : start + 160]}".translate(_SIGNS) for text in (before, after)
    )
    return first, second
