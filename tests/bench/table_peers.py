"""What Qt's own tables cost with the same rows: QTableWidget and QSortFilterProxyModel."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)
from PySide6.QtWidgets import QApplication, QTableView, QTableWidget, QTableWidgetItem

from studio.core.workspace import Workspace
from tests.bench.million_rows import JUMPS, resident, say, say_times, timed, write_rows
from tests.bench.rowswindow import RowsWindow

WORDS = "room 77"
FIELDS = ("instruction", "input", "output")


class ListModel(QAbstractTableModel):
    """Rows of a list, as most programs would show them."""

    def __init__(self, rows: list[tuple[str, ...]]) -> None:
        super().__init__()
        self._rows = rows

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(FIELDS)

    def data(
        self,
        index: QModelIndex | QPersistentModelIndex,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        return self._rows[index.row()][index.column()] if role == 0 else None


def measure_peers(folder: Path, rows: int) -> None:
    """Print what each table takes to be filled, scrolled and filtered."""
    source = folder / "rows.jsonl"
    write_rows(source, rows)
    print(f"\n{rows:,} rows in Qt's own tables, and here", flush=True)
    with RowsWindow(Workspace(folder / "workspace").create()) as window:
        window.import_file(source)
        say("here: open and paint", f"{1000 * window.reopen():.0f} ms")
        say_times("  jump and repaint", window.jump(JUMPS))
        say_times("  search", window.search(f'"{WORDS}"', 5))
        lines = source.read_text(encoding="utf-8").splitlines()
        values = [tuple(json.loads(line)[field] for field in FIELDS) for line in lines]
        measure_widget(values)
        measure_proxy(values)


def measure_widget(rows: list[tuple[str, ...]]) -> None:
    """Fill a QTableWidget and scroll in it."""
    before = resident()
    table = QTableWidget(len(rows), len(FIELDS))

    def fill() -> None:
        for at, row in enumerate(rows):
            for column, text in enumerate(row):
                table.setItem(at, column, QTableWidgetItem(text))

    seconds = timed(fill)[1]
    say("QTableWidget: fill", f"{1000 * seconds:.0f} ms, {(resident() - before) >> 20} MiB more")
    say_times("  jump and repaint", jumps(table))
    say("  select all", f"{1000 * timed(table.selectAll)[1]:.0f} ms")
    seconds = timed(lambda: table.findItems(WORDS, Qt.MatchFlag.MatchContains))[1]
    say("  search", f"{1000 * seconds:.0f} ms, the window stands still")
    table.close()


def measure_proxy(rows: list[tuple[str, ...]]) -> None:
    """Filter and sort a list with a QSortFilterProxyModel."""
    proxy = QSortFilterProxyModel()
    model = ListModel(rows)
    proxy.setSourceModel(model)
    proxy.setFilterKeyColumn(-1)
    table = QTableView()
    table.setModel(proxy)
    say_times("QSortFilterProxyModel: jump", jumps(table))
    acts: tuple[tuple[str, Callable[[], object]], ...] = (
        ("  search", lambda: proxy.setFilterFixedString(WORDS)),
        ("  all rows again", lambda: proxy.setFilterFixedString("")),
        ("  sort by a column", lambda: proxy.sort(0)),
        ("  select all", table.selectAll),
    )
    for name, act in acts:
        say(name, f"{1000 * timed(act)[1]:.0f} ms, the window stands still")
    table.close()
    table.setModel(None)


def jumps(table: QTableView) -> list[float]:
    """Scroll to any row and paint; return the seconds of each."""
    table.resize(1000, 800)
    table.show()
    QApplication.processEvents()
    chosen, bar = random.Random(1), table.verticalScrollBar()

    def jump() -> None:
        bar.setValue(chosen.randrange(bar.maximum() + 1))
        table.viewport().repaint()

    return [timed(jump)[1] for _ in range(JUMPS)]
