"""The window: navigation between pages and nothing else; it owns the studio."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QKeyEvent,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from studio.app.studio import Studio
from studio.core.problems import StudioError
from studio.ui.actions import Actions
from studio.ui.data.dragged import files_of
from studio.ui.desktop import NAME, Desktop
from studio.ui.lineage import PAGE_OF, lineage_of
from studio.ui.look import tokens
from studio.ui.look.focusring import FocusRing
from studio.ui.look.theme import SCHEMES, Theme
from studio.ui.menus import fill_menus
from studio.ui.pages import PAGE_MAKERS
from studio.ui.pagesahead import PagesAhead
from studio.ui.panels import next_panel, panels_of, presses
from studio.ui.statusstrip import StatusStrip
from studio.ui.undoredo import UndoRedo
from studio.ui.widgets.banner import ErrorBanner
from studio.ui.widgets.frame import Page
from studio.ui.widgets.graftline import Kind
from studio.ui.widgets.parts import fill
from studio.ui.widgets.rail import Rail
from studio.ui.widgets.toast import Toast

if TYPE_CHECKING:
    from studio.app.datasetdocument import DatasetDocument
    from studio.app.roomoffer import Offer

SMALLEST = (900, 560)
"""Px a page may shrink to; without it the wide form would keep the window from narrowing."""
SIZE = (1440, 900)
REFRESH_MS = 100
"""Facts that change with every step of a run are shown at most this often."""
PageMaker = Callable[[Studio], Page]


class StudioWindow(QMainWindow):
    """Pages between a rail and a status strip; owns the studio and closes it.

    Signals:
        painted(): the window has been drawn for the first time.
        warmed(): every page has been built.

    Attributes:
        studio: the application.
        theme: light or dark, live.
        acts: the menus and their actions.
        history: undo and redo of the page in front.
        toast: what was just done, with its way back.
        banner: the problem that was met last.
        desktop: told of the run that trains.
    """

    painted = Signal()
    warmed = Signal()

    def __init__(
        self, studio: Studio, theme: Theme, pages: Mapping[str, PageMaker] = PAGE_MAKERS
    ) -> None:
        super().__init__()
        self.studio, self.theme, self._makers = studio, theme, pages
        self._pages: dict[str, Page] = {}
        self._front: Page | None = None
        self._current = ""
        self._was_painted = False
        self.theme_actions: dict[str, QAction] = {}
        self.live_actions: list[QAction] = []
        self.setWindowTitle(NAME)
        self.desktop = Desktop(self)
        self._stack = QStackedWidget()
        self._stack.setMinimumSize(*SMALLEST)
        self._rail, self._status, self.banner = Rail(), StatusStrip(), ErrorBanner()
        self.acts = Actions(self.menuBar(), self, studio.problem_met.emit)
        self.toast = Toast(self)
        self.history = UndoRedo(studio, self.acts, self.toast)
        self.history.place(self.menuBar())
        fill_menus(self, self.acts)
        self.setCentralWidget(self._build_centre())
        self._ring = FocusRing(self)
        self._refresh = QTimer(self, singleShot=True, interval=REFRESH_MS)
        self._refresh.timeout.connect(self.refresh)
        self._connect()
        self.setAcceptDrops(True)
        self.resize(*SIZE)
        self.restoreGeometry(QByteArray.fromHex(studio.settings.values.geometry.encode()))

    def _build_centre(self) -> QWidget:
        centre, inner = QWidget(), QWidget()
        column = fill(QVBoxLayout(inner), self.banner)
        column.addWidget(self._stack, 1)
        outer = fill(QVBoxLayout(centre))
        row = fill(QHBoxLayout(), self._rail)
        row.addWidget(inner, 1)
        outer.addLayout(row, 1)
        outer.addWidget(self._status)
        return centre

    def _connect(self) -> None:
        studio = self.studio
        self._rail.page_chosen.connect(self.open_page)
        self._status.page_requested.connect(self.open_page)
        studio.page_requested.connect(self.open_page)
        studio.said.connect(self.toast.say)
        studio.problem_met.connect(self.banner.show_problem)
        studio.runs.resume_refused.connect(self._on_resume_refused)
        studio.ask_room = self._on_room_wanted
        studio.machine.read.connect(self._status.show_machine)
        studio.models.fetch_progressed.connect(self._status.show_download)
        studio.models.fetch_ended.connect(lambda _end: self._status.show_download(None))
        studio.settings.changed.connect(self._on_setting_changed)
        for signal in (
            studio.datasets.listed,
            studio.datasets.opened,
            studio.models.chosen,
            studio.draft.changed,
            studio.runs.opened,
            studio.runs.state_changed,
            studio.runs.run_ended,
        ):
            signal.connect(self._on_facts_changed)
        studio.runs.run_ended.connect(self.desktop.on_run_ended)
        studio.datasets.opened.connect(self._on_dataset_opened)
        studio.datasets.import_progressed.connect(self._on_importing)

    # pages

    def page(self, name: str) -> Page:
        """Return a page by its name, built when it is first asked for."""
        if name not in self._pages:
            made = self._pages[name] = self._makers[name](self.studio)
            made.graft.part_chosen.connect(self._on_part_chosen)
            made.set_small(self.width() < tokens.COMPACT_BELOW)
            self._stack.addWidget(made)
            self.acts.add_page(made)
        return self._pages[name]

    @property
    def current_page(self) -> str:
        """The name of the page in front."""
        return self._current

    def open_page(self, name: str) -> None:
        """Bring a page to the front; Data is the guide while there is nothing to show."""
        guide = name == "Data" and self._is_first_run()
        self._show(name, self.page("First run" if guide else name))

    def _show(self, name: str, page: Page) -> None:
        before, self._front = self._front, page
        self._current = name
        self._rail.choose(name)
        if before is not page:
            if before is not None:
                before.hidden()
            self._stack.setCurrentWidget(page)
            page.setFocus()
            page.shown()
        self.refresh()

    def open_soon(self, name: str) -> None:
        """Show a page's frame, and the page once the window is painted; the light guide at once."""
        if self._is_first_run():
            self.open_page("Data")
        else:
            self._stack.addWidget(frame := Page(name))
            self._show(name, frame)
            self.painted.connect(lambda: QTimer.singleShot(0, frame, lambda: self._replace(frame)))

    def _replace(self, frame: Page) -> None:
        if self._front is frame:  # else somebody was faster
            self.open_page(self._current)
        frame.deleteLater()

    def _is_first_run(self) -> bool:
        leading = getattr(self._pages.get("First run"), "leading", False)
        return leading or not (self.studio.datasets.importing or self.studio.datasets.names())

    def warm_pages(self) -> None:
        """Import and build the pages that nobody has asked for yet while the window is idle."""
        ahead = PagesAhead([name for name in self._makers if name != "First run"], self)
        ahead.done.connect(self.warmed)
        ahead.go_on()

    def has_page(self, name: str) -> bool:
        """Whether a page is built."""
        return name in self._pages

    def cycle_panel(self, step: int) -> None:
        """Give the keyboard to the next or previous panel: rail, page's parts, status."""
        next_panel([self._rail, *panels_of(self._front), self._status], step)

    # what is shown around the pages

    def refresh(self) -> None:
        """Show the facts that stand around every page."""
        live = self.studio.runs.live
        self._rail.set_run_live(live is not None)
        self.desktop.show_run(live)
        self._status.show_live(live)
        for act in self.live_actions:
            act.setEnabled(live is not None)
        if self._front is not None:
            self._front.set_lineage(lineage_of(self.studio, self._current))
        self.history.show_page(self._current)

    def _on_room_wanted(self, offer: Offer) -> None:
        from studio.ui.dialogs.roomdialog import ask_for_room  # not with the start

        ask_for_room(self, self.studio, offer)

    def _on_resume_refused(self, run_id: str, problem: StudioError) -> None:
        resume = partial(self.studio.runs.resume, run_id, anyway=True)
        self.banner.show_problem(problem, ("Resume anyway", resume))

    def _on_setting_changed(self, name: str) -> None:
        if name == "theme":
            theme = self.studio.settings.values.theme
            self.theme.force(SCHEMES[theme])
            self.theme_actions[theme].setChecked(True)

    def _on_part_chosen(self, kind: Kind) -> None:
        self.open_page(PAGE_OF[kind])

    def _on_facts_changed(self, _fact: object = None) -> None:
        if not self._refresh.isActive():
            self._refresh.start()

    def _on_dataset_opened(self, document: DatasetDocument | None) -> None:
        if document is not None:
            document.changed.connect(self._on_facts_changed)
        if self._current == "Data":
            self.open_page("Data")

    def _on_importing(self, _progress: object) -> None:
        if self._current == "Data" and self._front is self._pages.get("First run"):
            self.open_page("Data")  # it shows how far the import is

    # the window's own events

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if files_of(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.open_page("Data")
        self.page("Data")  # built, so that it shows what the files are
        self.studio.datasets.foreign.take(files_of(event.mimeData()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        small = self.width() < tokens.COMPACT_BELOW
        for page in self._pages.values():
            if page.small is not small:
                page.set_small(small)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._was_painted:
            self._was_painted = True
            QTimer.singleShot(0, self, self.painted.emit)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Alt:
            self.acts.show_letters(True)
        if not presses(event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Alt:
            self.acts.show_letters(False)
        super().keyReleaseEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        geometry = bytes(self.saveGeometry().toHex().data()).decode()
        for name, value in (("geometry", geometry), ("page", self._current)):
            with contextlib.suppress(StudioError):  # a full disk is no reason to stay open
                self.studio.settings.set(name, value)
        self._refresh.stop()
        self.toast.close_now()
        self.studio.close()
        super().closeEvent(event)
