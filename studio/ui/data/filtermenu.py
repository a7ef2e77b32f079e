"""The menu of filters: those that were saved, saving this one, and what can be searched for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLineEdit, QMenu, QWidget

from studio.core.example import FIELDS, Kind
from studio.ui.dialogs.frame import Dialog
from studio.ui.look import fonts

HELP: tuple[tuple[str, str], ...] = (
    ("late", "words that begin with “late”, in any text"),
    ('"late check"', "exactly these characters, A to Z in any case"),
    ("late or early", "one of them; without “or”, all of them"),
    ("-late", "rows without it; -( ) for several"),
    ("split:test", "rows of a split"),
    ("tag:any", "rows with a tag; tag:x with this one"),
    ("problem:any", "rows with a problem; problem:x with this one"),
    ("tokens>512", "by number: tokens, trained, chars, turns; also <, <=, >=, ="),
    ("note:any", "rows with a note; note:x with this in it"),
)


class FilterMenu(QMenu):
    """Offers filters; the bar owns it.

    Signals:
        filter_chosen(str): an expression to be put into the field.
        example_chosen(str): an expression to be added to the field.
        save_asked(str): the filter that holds is to be kept under this name.
        drop_asked(str): a saved filter is to go.
    """

    filter_chosen = Signal(str)
    example_chosen = Signal(str)
    save_asked = Signal(str)
    drop_asked = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._owner = parent
        self.setFont(fonts.font())
        self._chips: Sequence[QMenu] = []
        self._filters: dict[str, str] = {}
        self.save_action = QAction("Save this filter…", parent)  # not cleared with the menu
        # A menu lets go of the signals of actions that leave it, and clear() takes this one out;
        # a plain function stays connected.
        self.save_action.triggered.connect(lambda: self._ask_name())
        self._drop = self._submenu("Delete a filter")
        self._help = self._submenu("What can be searched for")
        self.set_kind(Kind.TRIPLE)
        self.show_filters({})

    def _submenu(self, words: str) -> QMenu:
        made = QMenu(words, self)
        made.setFont(fonts.font())
        return made

    def set_chips(self, chips: Sequence[QMenu]) -> None:
        """Take in the menus of chips that a narrow window has no room for."""
        if self._chips != chips:
            self._chips = chips
            self.show_filters(self._filters)

    def set_kind(self, kind: Kind) -> None:
        """Explain what rows of a kind can be searched for."""
        self._help.clear()
        fields = ((f"{field}:late", f"only in “{field}”") for field in FIELDS[kind])
        roles = [("user:late", "what the user says; also assistant:, system:, tool:")]
        talks = roles if kind is Kind.CONVERSATION else []
        for example, sense in (*HELP, *fields, *talks):
            action = self._help.addAction(f"{example}\t{sense}")
            action.triggered.connect(lambda _=False, e=example: self.example_chosen.emit(e))

    def show_filters(self, filters: Mapping[str, str]) -> None:
        """List the saved filters, name to expression."""
        self._filters = dict(filters)
        self.clear()
        self._drop.clear()
        for name, expression in filters.items():
            words = name.replace("&", "&&")
            chosen = self.addAction(words)
            chosen.triggered.connect(lambda _=False, e=expression: self.filter_chosen.emit(e))
            dropped = self._drop.addAction(words)
            dropped.triggered.connect(lambda _=False, n=name: self.drop_asked.emit(n))
        if filters:
            self.addSeparator()
        for menu in self._chips:
            self.addMenu(menu)
        self.addAction(self.save_action)
        if filters:
            self.addMenu(self._drop)
        self.addSeparator()
        self.addMenu(self._help)

    def _ask_name(self) -> None:
        dialog = NameDialog(self._owner.window())
        dialog.accepted.connect(lambda: self.save_asked.emit(dialog.name))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()


class NameDialog(Dialog):
    """Asks under which name a filter is kept."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, "Save this filter", "It is kept in the dataset.")
        self._field = QLineEdit()
        self._field.setAccessibleName("Name")
        self._field.setFont(fonts.font())
        self._field.setMaxLength(60)
        self.body.addWidget(self._field)
        self.add_act("Cancel")
        self.save_button = self.add_act("Save", "primary")
        self.save_button.setEnabled(False)
        self._field.textChanged.connect(
            lambda text: self.save_button.setEnabled(bool(text.strip()))
        )
        self._field.setFocus()

    @property
    def name(self) -> str:
        """The name that was typed."""
        return self._field.text().strip()
