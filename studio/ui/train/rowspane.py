"""The rows of a run that stand out by their losses, each one click from the Data page."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.app.rowforensics import Forensics, RowForensics
from studio.app.runstore import RunStore
from studio.core.forensics import CRITERIA, SEEN, Judged, Kind
from studio.ui.widgets.cells import Entry
from studio.ui.widgets.lists import EntryList
from studio.ui.widgets.parts import Button, fill, inset, prose
from studio.ui.widgets.segmented import Segmented

KINDS = {
    Kind.MISLABELLED: "Mislabelled?",
    Kind.NEVER: "Never learned",
    Kind.AT_ONCE: "At once",
}
MOST = 200
"""Rows that are listed of a kind, the clearest."""
MOST_LOSSES = 5
"""Losses that are said of a row; of more, the first and the last ones."""
AGAIN_MS = 5_000
"""Between two readings while the run trains and somebody looks."""


class RowsPane(QWidget):
    """Three lists; reads the losses only while it is seen.

    Signals:
        rows_asked(object, str, str): show the rows of these ids (a tuple) of a dataset (empty for
            the run's own) on the Data page; the words say why they are shown.
    """

    rows_asked = Signal(object, str, str)

    def __init__(self, reader: RowForensics) -> None:
        super().__init__()
        self._reader = reader
        self._store: RunStore | None = None
        self._found = Forensics()
        self._shown: list[Judged] = []
        self.kinds = Segmented("Rows that stand out", *KINDS.values(), height=24)
        self.list = EntryList("Rows that stand out")
        self._why, self._none = prose(""), prose("")
        self.show_button = Button("Show on the Data page", "data", compact=True)
        self.all_button = Button("Show all", "", "quiet", compact=True)
        self._build()
        self._again = QTimer(self)
        self._again.setInterval(AGAIN_MS)
        self._again.timeout.connect(self.refresh)
        reader.read.connect(self._on_read)

    def _build(self) -> None:
        self.kinds.chosen.connect(lambda _: self._show_kind())
        self.list.chosen.connect(lambda _: self._offer())
        self.list.doubleClicked.connect(lambda _: self._ask_one())
        self.show_button.clicked.connect(self._ask_one)
        self.all_button.clicked.connect(self._ask_all)
        self._foot = QWidget()
        foot = QHBoxLayout(self._foot)
        fill(foot, self.show_button, None, self.all_button, gap=8, edge=(14, 8, 10, 10))
        head = fill(QVBoxLayout(), self.kinds, self._why, gap=8, edge=(14, 10, 14, 8))
        self._none_room = inset(self._none, (14, 4, 14, 12))
        column = QVBoxLayout(self)
        fill(column, head, self._none_room)
        column.addWidget(self.list, 1)
        column.addStretch(0)
        column.addWidget(self._foot)

    def show_run(self, store: RunStore) -> None:
        """Show another run; the same one is read again by itself."""
        if store is not self._store:
            self._store, self._found = store, Forensics()
            self._show_kind()
            self.refresh()

    def set_awake(self, awake: bool) -> None:
        """Read while somebody looks, and do not otherwise."""
        if awake:
            self.refresh()
            self._again.start()
        else:
            self._again.stop()

    def refresh(self) -> None:
        """Read the losses again if somebody looks."""
        if self._store is not None and self.isVisible():
            self._reader.ask(self._store.folder)
        if self._store is not None and not self._store.alive:
            self._again.stop()

    def _on_read(self, run: object, found: Forensics) -> None:
        if self._store is None or run != self._store.run or found == self._found:
            return
        self._found = found
        for place, (kind, words) in enumerate(KINDS.items()):
            count = sum(1 for judged in found.judged if judged.kind is kind)
            self.kinds.set_words(place, f"{words} {count:,}" if count else words)
        self._show_kind()

    @property
    def kind(self) -> Kind:
        """The kind of rows that is listed."""
        return list(KINDS)[self.kinds.current()]

    def _show_kind(self) -> None:
        chosen = self._chosen()
        self._shown = [j for j in self._found.judged if j.kind is self.kind][:MOST]
        at = next(
            (n for n, j in enumerate(self._shown) if chosen and j.curve.row == chosen.curve.row), 0
        )
        self.list.set_entries(
            [self._entry(judged) for judged in self._shown], at if self._shown else -1
        )
        self._why.setText(CRITERIA[self.kind])
        self._none.setText(self._none_words())
        self._none_room.setVisible(not self._shown)
        self.list.setVisible(bool(self._shown))
        self._foot.setVisible(bool(self._shown))
        self._offer()

    def _none_words(self) -> str:
        found = self._found
        if not found.rows:
            return "No row was trained yet whose loss was kept."
        if found.times < SEEN:
            return f"{found.rows:,} rows were trained once. A second time is needed to judge one."
        return f"None of {found.rows:,} rows."

    def _entry(self, judged: Judged) -> Entry:
        curve = judged.curve
        text = self._found.texts.get(curve.row, "")
        return Entry(
            text or f"Row {curve.row:,}", f"{_over_time(judged)} · usual {judged.usual:.2f}"
        )

    def _chosen(self) -> Judged | None:
        row = self.list.currentIndex().row()
        return self._shown[row] if 0 <= row < len(self._shown) else None

    def _offer(self) -> None:
        self.show_button.setEnabled(self._chosen() is not None)
        self.all_button.setText(f"Show all {len(self._shown):,}")
        self.all_button.setVisible(len(self._shown) > 1)

    def _ask_one(self) -> None:
        chosen = self._chosen()
        if chosen is not None:
            self._ask((chosen,))

    def _ask_all(self) -> None:
        chosen = self._chosen()
        of = self._found.datasets
        name = of.get(chosen.curve.row, "") if chosen is not None else ""
        self._ask(tuple(j for j in self._shown if of.get(j.curve.row, "") == name))

    def _ask(self, judged: tuple[Judged, ...]) -> None:
        rows = tuple(found.curve.row for found in judged)
        words = {
            Kind.MISLABELLED: "perhaps mislabelled",
            Kind.NEVER: "never learned",
            Kind.AT_ONCE: "learned at once",
        }[self.kind]
        self.rows_asked.emit(rows, self._found.datasets.get(rows[0], ""), words)


def _over_time(judged: Judged) -> str:
    """Return a row's losses in the order of its times: 3.10 → 2.95 → 2.90."""
    losses = judged.curve.losses
    if len(losses) > MOST_LOSSES:
        said = [f"{losses[0]:.2f}", "…", *(f"{loss:.2f}" for loss in losses[2 - MOST_LOSSES :])]
    else:
        said = [f"{loss:.2f}" for loss in losses]
    return " → ".join(said)
