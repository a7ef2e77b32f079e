"""Says what differs now from when a run was made, and offers to make it again."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QWidget

from studio.app.runacts import NowCompared
from studio.data.reproducing import OTHER, SAME
from studio.ui.dialogs.frame import Dialog
from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.widgets.parts import IconLabel, label, prose

_SIGNS = {SAME: ("okay", "accent"), OTHER: ("warning", "warning")}
WIDTH = 560
_UNKNOWN = ("info", "muted")


class ReproduceDialog(Dialog):
    """Facts with their signs; accepted when the run is to be made again."""

    def __init__(self, parent: QWidget | None, found: NowCompared) -> None:
        run, stops = found.run, found.stops
        same = all(fact.verdict == SAME for fact in found.facts)
        if stops:
            words = f"It cannot be made again as things are. {stops}"
        elif same:
            words = "Nothing differs. On a processor the result is the same to the last digit."
        else:
            words = "It can be made again; what differs may show in its curves."
        super().__init__(parent, f"Reproduce {run.title or run.run}", words)
        table = QGridLayout()
        table.setHorizontalSpacing(10)
        table.setVerticalSpacing(8)
        table.setColumnStretch(2, 1)
        for at, fact in enumerate(found.facts):
            icon, tone = _SIGNS.get(fact.verdict, _UNKNOWN)
            name = label(fact.what, Role.BODY, fonts.MEDIUM)
            table.addWidget(IconLabel(icon, tone), at, 0)
            table.addWidget(name, at, 1)
            sentence = prose(fact.sentence, Role.BODY, tone="")
            sentence.setAccessibleName(f"{fact.what}: {fact.verdict}. {fact.sentence}")
            table.addWidget(sentence, at, 2)
        self.body.addLayout(table)
        self.body.addStretch(1)
        self.add_act("Close" if stops else "Cancel")
        if not stops:
            self.again_button = self.add_act("Train it again", "primary")
        layout = self.layout()
        assert layout is not None
        self.setFixedWidth(WIDTH)
        self.resize(WIDTH, layout.totalHeightForWidth(WIDTH))  # the hint counts narrow lines
