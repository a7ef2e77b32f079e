"""The real window with a large dataset, and what a user does with it, timed."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from PySide6.QtWidgets import QApplication

from studio.app.datasetdocument import DatasetDocument
from studio.app.rowquery import RowAnswer, RowQuery, RowQuestion
from studio.core.workspace import Workspace
from studio.data import wordindex
from studio.data.finding import Sort
from studio.data.query import parse
from studio.ui.pages.datapage import DataPage
from studio.ui.start import build_window, make_application
from tests.bench.ui_gaps import Heartbeat, live

_MOST_SECONDS = 600.0


class RowsWindow:
    """A window on a workspace, closed at the end of the block."""

    def __init__(self, workspace: Workspace) -> None:
        self._app = make_application()
        self._window = build_window(self._app, workspace)
        self._library = self._window.studio.datasets
        self._random = random.Random(1)
        self._query: RowQuery | None = None

    def __enter__(self) -> Self:
        self._window.resize(1440, 900)
        self._window.show()
        self._window.open_page("Data")
        live(1.0)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._query is not None:
            self._query.close()
        self._window.close()
        QApplication.processEvents()

    @property
    def document(self) -> DatasetDocument:
        document = self._library.current
        assert document is not None
        return document

    @property
    def _page(self) -> DataPage:
        page = self._window.page("Data")
        assert isinstance(page, DataPage)
        return page

    def import_file(self, source: Path) -> tuple[float, dict[str, float]]:
        """Import as a drop would; return the seconds and the gaps of the event loop."""
        return self._watched(lambda: self._library.import_file(source), self._library.import_ended)

    def reopen(self) -> float:
        """Close the dataset and open it again; return the seconds until its rows are painted."""
        name = self.document.name
        self._library.close()
        live(0.5)
        start = time.perf_counter()
        self._library.open(name)
        self._page.table.viewport().repaint()
        return time.perf_counter() - start

    def jump(self, times: int) -> list[float]:
        """Scroll to any row and paint; return the seconds of each."""
        table, rows, found = self._page.table, len(self.document), []
        for _ in range(times):
            start = time.perf_counter()
            table.verticalScrollBar().setValue(self._random.randrange(rows))
            table.viewport().repaint()
            found.append(time.perf_counter() - start)
        return found

    def edit(self, times: int) -> list[float]:
        """Edit a text of any row; return the seconds until each is on the disk."""
        ids, field, found = self.document.ids, self.document.fields[-1], []
        for number in range(times):
            row = int(ids[self._random.randrange(len(ids))])
            start = time.perf_counter()
            self.document.edit(row, field, f"Changed {number}.")
            found.append(time.perf_counter() - start)
        return found

    def insert(self, times: int) -> list[float]:
        """Put a row anywhere; return the seconds of each."""
        found = []
        for number in range(times):
            at = self._random.randrange(len(self.document))
            texts = [f"new {number}"] * len(self.document.fields)
            start = time.perf_counter()
            self.document.insert(at, [texts])
            found.append(time.perf_counter() - start)
        return found

    def build_index(self) -> float:
        """Build the index of words; return the seconds."""
        start = time.perf_counter()
        wordindex.build(self.document.path)
        return time.perf_counter() - start

    def search(self, expression: str, times: int, sort: str = "") -> list[float]:
        """Search and wait for the first rows; return the seconds of each."""
        query, found = RowQuery(), []
        query.set_document(self.document)
        question = RowQuestion(parse(expression, self.document.kind))
        if sort:
            question = RowQuestion(question.condition, Sort(sort))
        for _ in range(times):
            answers: list[RowAnswer] = []
            query.answered.connect(answers.append)
            start = time.perf_counter()
            query.ask(question)
            while not answers:
                QApplication.processEvents()
            found.append(time.perf_counter() - start)
            while not answers[-1].whole:
                QApplication.processEvents()
            query.answered.disconnect(answers.append)
        query.close()
        return found

    def bulk_acts(self) -> Iterator[tuple[str, Callable[[], Any]]]:
        """Yield what is done to all rows, with a name."""
        document = self.document
        yield "select all, tag all", lambda: document.add_tag(document.ids, "all")
        yield "undo that", document.undo
        yield "all into one split", lambda: document.set_split(document.ids, "test")
        yield "undo that", document.undo
        yield "delete all", lambda: document.delete(document.ids)
        yield "undo that", document.undo

    def bulk(self, act: Callable[[], Any]) -> tuple[float, dict[str, float]]:
        """Change all rows; return the seconds and the gaps of the event loop."""
        return self._watched(act, self.document.bulk_ended)

    def _watched(self, act: Callable[[], Any], end: Any) -> tuple[float, dict[str, float]]:
        heart = Heartbeat()
        over: list[object] = []
        end.connect(over.append)
        heart.start()
        start = time.perf_counter()
        act()
        live(_MOST_SECONDS, until=lambda: bool(over))
        seconds = time.perf_counter() - start
        end.disconnect(over.append)
        return seconds, heart.stop()
