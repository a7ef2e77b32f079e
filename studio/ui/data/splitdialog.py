"""The dialog that splits a dataset: how much, what stays together, and what it comes to."""

from __future__ import annotations

import random

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from studio.app.splitplanner import SplitPlanner
from studio.core.example import SPLITS, TEST, VALIDATION
from studio.core.problems import StudioError
from studio.data.dealing import Amount
from studio.data.splits import Dealing, SplitWish
from studio.data.splitsurvey import TAGS, Grouping
from studio.ui.data.sharebar import Share, ShareBar
from studio.ui.dialogs.frame import Dialog
from studio.ui.look.fonts import Role
from studio.ui.model.knobfields import NumberField, PickField
from studio.ui.widgets.formrow import FormRow
from studio.ui.widgets.parts import Button, prose, restyle

FACTS = (
    "Validation measures while training goes on, test is for the end. A row's side goes by the"
    " seed and the row alone: rows that are added later move no others."
)
WAIT = "Looking over the rows…"
MOST_SEED = 2**31 - 1
SIZE = QSize(580, 560)
GROUP_HELP = "Rows with the same value go to one split."


class SplitDialog(Dialog):
    """Asks how to split; changes nothing itself.

    Attributes:
        wish: what was asked for last; None while a field cannot be read.
        freeze: splits to freeze once the rows are there.

    Signals:
        unfreeze_asked(str): let rows enter and leave this split again.
    """

    unfreeze_asked = Signal(str)

    def __init__(
        self, parent: QWidget | None, name: str, planner: SplitPlanner, frozen: frozenset[str]
    ) -> None:
        super().__init__(parent, f"Split {name}", FACTS)
        self.wish: SplitWish | None = None
        self._planner = planner
        self._frozen = set(frozen)
        self.rows: dict[str, FormRow] = {}
        self.validation, self.test = QLineEdit("10 %"), QLineEdit("10 %")
        self.seed = NumberField()
        self.seed.setRange(0, MOST_SEED)
        self.seed.setValue(1)
        self.group = PickField("Nothing")
        self.group.setItemData(0, "")
        self.alike, self.per_tag, self.freezing = _switch(True), _switch(False), _switch(False)
        self._lay_out()
        self._connect()
        self.resize(SIZE)
        self._ask()

    def _lay_out(self) -> None:
        amount = "A share such as 10 %, or a number of rows."
        for key, words, control, sentence in (
            (VALIDATION, "Validation", self.validation, amount),
            (TEST, "Test", self.test, amount),
            ("seed", "Seed", self.seed, "Another seed gives another choice."),
            ("group", "Group by", self.group, GROUP_HELP),
            (
                "alike",
                "Keep alike together",
                self.alike,
                "On: equal rows, equal questions and near duplicates go to one split.",
            ),
            ("per_tag", "Like shares per tag", self.per_tag, "On: every tag is split alike."),
            (
                "freeze",
                "Freeze test",
                self.freezing,
                "On: nothing enters or leaves test until it is unfrozen.",
            ),
        ):
            self.rows[key] = FormRow(words, control, sentence)
            self.body.addWidget(self.rows[key])
        self.again = Button("Another seed", "seed", "quiet", compact=True)
        self.unfreeze = Button("Unfreeze", kind="quiet", compact=True)
        self.bar = ShareBar("Rows of each split")
        self.remarks = prose("", Role.SMALL)
        self.body.addSpacing(6)
        self.body.addWidget(self.bar)
        self.body.addWidget(self.remarks)
        self.acts.insertWidget(0, self.again)
        self.acts.insertWidget(1, self.unfreeze)
        self.add_act("Cancel")
        self.apply = self.add_act("Split the rows", "primary")
        self._show_frozen()

    def _connect(self) -> None:
        for field in (self.validation, self.test):
            field.textEdited.connect(self._ask)
        self.seed.valueChanged.connect(self._ask)
        for choice in (self.group, self.alike, self.per_tag):
            choice.currentIndexChanged.connect(self._ask)
        self.again.clicked.connect(lambda: self.seed.setValue(random.randrange(MOST_SEED)))
        self.unfreeze.clicked.connect(self._on_unfreeze)
        self._planner.planned.connect(self._on_planned)
        self._planner.refused.connect(self._on_refused)
        self._planner.grouped.connect(self._on_grouped)
        self.finished.connect(lambda _code: self._planner.close())

    @property
    def freeze(self) -> tuple[str, ...]:
        """The splits to freeze once the rows are there."""
        return (TEST,) if self.freezing.currentData() and TEST not in self._frozen else ()

    def set_frozen(self, frozen: frozenset[str]) -> None:
        """Say which splits are frozen now, and plan anew."""
        self._frozen = set(frozen)
        self._show_frozen()
        self._ask()

    def _show_frozen(self) -> None:
        for key, field in ((VALIDATION, self.validation), (TEST, self.test)):
            held = key in self._frozen
            field.setEnabled(not held)
            self.rows[key].set_help(
                f"Frozen: its rows stay, and no others come to {key}."
                if held
                else "A share such as 10 %, or a number of rows."
            )
        self.unfreeze.setVisible(bool(self._frozen))
        self.unfreeze.setText(f"Unfreeze {' and '.join(sorted(self._frozen))}")
        self.rows["freeze"].setVisible(TEST not in self._frozen)

    def _on_unfreeze(self) -> None:
        for split in sorted(self._frozen):
            self.unfreeze_asked.emit(split)

    def _amount(self, key: str, field: QLineEdit) -> Amount | None:
        try:
            found = Amount.parse(field.text() or "0")
        except ValueError as err:
            self.rows[key].set_error(f"{err}.")
            return None
        self.rows[key].set_error("")
        return found

    def _ask(self) -> None:
        validation = self._amount(VALIDATION, self.validation)
        test = self._amount(TEST, self.test)
        self.apply.setEnabled(False)
        if validation is None or test is None:
            self.wish = None
            return
        grouping = Grouping(
            self.group.currentData() or "",
            bool(self.alike.currentData()),
            bool(self.per_tag.currentData()),
        )
        self.wish = SplitWish(validation, test, self.seed.value(), grouping)
        self._say(WAIT)
        self._planner.ask(self.wish)

    def _on_grouped(self, groups: list[str]) -> None:
        for group in groups:
            self.group.addItem("Rows that share a tag" if group == TAGS else group, group)

    def _on_planned(self, wish: SplitWish, dealing: Dealing) -> None:
        if wish != self.wish:
            return
        tones = dict(zip(SPLITS, ("accent", "lake", "slate"), strict=True))
        self.bar.show_shares(
            [Share(split, dealing.counts[split], tones[split]) for split in SPLITS]
        )
        for key in (VALIDATION, TEST):
            if key not in self._frozen:
                self.rows[key].set_help(f"{dealing.counts[key]:,} rows")
        moved = (
            "1 row changes its" if dealing.moved == 1 else f"{dealing.moved:,} rows change their"
        )
        self._say(" ".join([f"{moved} split.", *dealing.remarks]))
        self.apply.setEnabled(bool(dealing.moved or self.freeze))

    def _on_refused(self, wish: SplitWish, problem: StudioError) -> None:
        if wish == self.wish:
            self._say(f"{problem.summary} {problem.hint}".strip(), "danger")

    def _say(self, words: str, tone: str = "muted") -> None:
        self.remarks.setText(words)
        self.remarks.setProperty("tone", tone)
        restyle(self.remarks)


def _switch(on: bool) -> PickField:
    made = PickField("On", "Off")
    made.setItemData(0, True)
    made.setItemData(1, False)
    made.setCurrentIndex(0 if on else 1)
    return made
