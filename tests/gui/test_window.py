"""The window leads to pages, shows problems and facts around them, and remembers its place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from studio.app.studio import Studio
from studio.core.example import Triple
from studio.core.problems import StudioError
from studio.ui.look.theme import Theme, colors
from studio.ui.look.tokens import DARK
from studio.ui.pages import PAGE_MAKERS
from studio.ui.widgets.card import Card
from studio.ui.widgets.frame import Page
from studio.ui.widgets.graftline import Kind
from studio.ui.widgets.parts import Button, fill
from studio.ui.window import StudioWindow


class PlainPage(Page):
    """A page that only counts how often it comes and goes."""

    def __init__(self, title: str) -> None:
        super().__init__(title, "plain")
        self.log: list[str] = []
        self.button = Button("Do it")
        card = Card("Card")
        fill(card.body, self.button)
        self.body.addWidget(card)
        self.addAction(QAction(f"{title}'s own act", self))

    def shown(self) -> None:
        self.log.append("shown")

    def hidden(self) -> None:
        self.log.append("hidden")


def plain_pages() -> dict[str, object]:
    made = dict(PAGE_MAKERS)
    for name in ("Data", "Model", "Train", "Chat"):
        made[name] = lambda _studio, name=name: PlainPage(name)
    return made


@pytest.fixture
def window(qtbot: QtBot, studio: Studio, light: Theme) -> Iterator[StudioWindow]:
    made = StudioWindow(studio, light, plain_pages())  # type: ignore[arg-type]
    made.open_page("Data")
    with qtbot.waitSignal(made.painted):
        made.show()
    yield made
    made.close()
    made.deleteLater()


def front(window: StudioWindow) -> Page:
    page = window._stack.currentWidget()
    assert isinstance(page, Page)
    return page


def act(window: StudioWindow, words: str) -> QAction:
    return next(a for _, a in window.acts.all() if a.text().replace("&", "") == words)


def test_a_new_workspace_opens_on_the_first_run(window: StudioWindow):
    assert type(front(window)).__name__ == "FirstRunPage"
    assert window.current_page == "Data"


def test_opening_the_example_from_the_menu_leads_to_the_data(window: StudioWindow):
    act(window, "Open the example").trigger()
    assert front(window).title == "Data"
    assert isinstance(front(window), PlainPage)


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        (Qt.Key.Key_2, "Model"),
        (Qt.Key.Key_3, "Train"),
        (Qt.Key.Key_4, "Chat"),
        (Qt.Key.Key_5, "Runs"),
    ],
)
def test_ctrl_and_a_number_open_a_page(qtbot: QtBot, window: StudioWindow, keys: Qt.Key, name: str):
    with qtbot.waitActive(window):
        window.activateWindow()
    qtbot.keyClick(window, keys, Qt.KeyboardModifier.ControlModifier)
    assert front(window).title == name
    assert window._rail._items[name].isChecked()


def test_pages_are_told_when_they_come_and_go(window: StudioWindow):
    window.open_page("Model")
    window.open_page("Train")
    window.open_page("Train")
    model = window.page("Model")
    assert isinstance(model, PlainPage)
    assert model.log == ["shown", "hidden"]
    assert window.page("Train").log == ["shown"]  # type: ignore[attr-defined]


def test_a_page_may_be_asked_for_from_anywhere(window: StudioWindow, studio: Studio):
    studio.page_requested.emit("Settings")
    assert front(window).title == "Settings"


def test_the_lineage_grows_with_what_is_open_and_leads_there(
    qtbot: QtBot, window: StudioWindow, studio: Studio
):
    studio.datasets.install_demo()
    window.open_page("Model")
    window.refresh()
    parts = front(window).graft.parts()
    assert [(p.kind, p.name) for p in parts] == [(Kind.DATASET, "hotel-concierge")]
    qtbot.mouseClick(front(window).graft._buttons[0], Qt.MouseButton.LeftButton)
    assert window.current_page == "Data"


def test_undo_in_the_corner_takes_back_an_edit_of_the_data(
    qtbot: QtBot, window: StudioWindow, studio: Studio
):
    document = studio.datasets.install_demo()
    rows = len(document)
    assert not window.history.undo_button.isEnabled()
    document.insert(0, [Triple("new")])
    qtbot.waitUntil(window.history.undo_button.isEnabled)
    assert window.history.undo_action.text().startswith("Undo: ")
    qtbot.mouseClick(window.history.undo_button, Qt.MouseButton.LeftButton)
    assert len(document) == rows
    qtbot.mouseClick(window.history.redo_button, Qt.MouseButton.LeftButton)
    assert len(document) == rows + 1
    window.open_page("Chat")
    assert not window.history.undo_button.isEnabled()


def test_undo_on_the_model_page_takes_back_a_setting(
    qtbot: QtBot, window: StudioWindow, studio: Studio
):
    window.open_page("Model")
    before = studio.draft.recipe.rank
    studio.draft.edit("rank", 64)
    qtbot.waitUntil(window.history.undo_button.isEnabled)
    window.history.undo_action.trigger()
    assert studio.draft.recipe.rank == before


def test_a_problem_is_shown_as_it_is_and_can_be_closed(
    qtbot: QtBot, window: StudioWindow, studio: Studio
):
    studio.problem_met.emit(StudioError("<s>It broke.</s>", "Do this."))
    assert window.banner.isVisible()
    assert "<s>It broke.</s>" in [w.text() for w in window.banner.findChildren(QLabel)]
    qtbot.mouseClick(window.banner.close_button, Qt.MouseButton.LeftButton)
    assert not window.banner.isVisible()


def test_a_problem_of_a_menu_act_is_shown_not_lost(window: StudioWindow, studio: Studio):
    studio.workspace.dataset("broken").write_bytes(b"this is no database at all, not even close")
    failing = window.acts.add("File", "Open what is broken", lambda: studio.datasets.open("broken"))
    failing.trigger()
    assert window.banner.isVisible()


def test_a_toast_says_what_was_done_and_undoes_it(
    qtbot: QtBot, window: StudioWindow, studio: Studio
):
    undone: list[bool] = []
    studio.said.emit("14 rows deleted", lambda: undone.append(True))
    assert window.toast.isVisible()
    qtbot.mouseClick(window.toast.undo_button, Qt.MouseButton.LeftButton)
    assert undone == [True]


def test_undo_is_what_the_toast_says_until_another_step_is_taken(
    window: StudioWindow, studio: Studio
):
    window.open_page("Chat")  # a page without a history of its own
    studio.draft.edit("rank", 32)
    studio.said.emit("Recipe loaded", studio.draft.undo_stack.undo)
    assert window.history.undo_action.text() == "Undo: Recipe loaded"
    window.history.undo_action.trigger()
    assert studio.draft.recipe.rank == 16
    assert not window.toast.isVisible()
    studio.draft.edit("rank", 32)
    studio.said.emit("Recipe loaded", studio.draft.undo_stack.undo)
    studio.draft.undo_stack.undo()  # as the Model page's own undo does
    assert window.toast.isVisible()
    assert not window.toast.undo_button.isVisible()
    assert not window.history.undo_action.isEnabled()


def test_an_edit_of_the_rows_takes_the_way_back_off_the_toast(window: StudioWindow, studio: Studio):
    studio.datasets.install_demo()
    document = studio.datasets.current
    assert document is not None
    first, second = (int(row) for row in document.ids[:2])
    document.delete([first])
    studio.said.emit("1 row deleted", document.undo)
    document.edit(second, "output", "Something else.")
    assert not window.toast.undo_button.isVisible()  # it would take the edit back


def test_enter_presses_the_button_that_has_the_keyboard(
    qtbot: QtBot, window: StudioWindow, qapp: QApplication
):
    window.open_page("Chat")
    button = front(window).button  # type: ignore[attr-defined]
    pressed: list[bool] = []
    button.clicked.connect(lambda: pressed.append(True))
    window.activateWindow()
    button.setFocus()
    qtbot.waitUntil(lambda: qapp.focusWidget() is button)
    qtbot.keyClick(button, Qt.Key.Key_Return)
    qtbot.keyClick(button, Qt.Key.Key_Enter)
    assert pressed == [True, True]


def test_the_theme_changes_live_and_is_kept(window: StudioWindow, studio: Studio):
    act(window, "Dark").trigger()
    assert colors() == DARK
    assert studio.settings.values.theme == "dark"
    window.open_page("Settings")
    assert front(window).theme_choice.current() == 2  # type: ignore[attr-defined]


def test_no_two_actions_share_a_shortcut_and_each_has_words(window: StudioWindow):
    acts = [a for _, a in window.acts.all()]
    assert all(a.text() for a in acts)
    keys = [k.toString() for a in acts for k in a.shortcuts() if k.toString()]
    assert len(keys) == len(set(keys))
    assert {"Ctrl+1", "Ctrl+5", "Ctrl+K", "F1", "F6", "Ctrl+Z"} <= set(keys)


def test_a_page_puts_its_own_acts_into_its_menu(window: StudioWindow):
    window.open_page("Chat")
    assert ("Chat", "Chat's own act") in [(m, a.text()) for m, a in window.acts.all()]


def test_the_palette_finds_an_act_and_does_it(qtbot: QtBot, window: StudioWindow):
    from studio.ui.dialogs.palette import Palette

    palette = Palette(window, list(window.acts.all()))
    qtbot.addWidget(palette)
    palette.open()
    qtbot.keyClicks(palette.field, "dark")
    assert palette.found() == ["Dark"]
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert colors() == DARK
    assert not palette.isVisible()


def test_the_palette_says_when_nothing_has_the_name(qtbot: QtBot, window: StudioWindow):
    from studio.ui.dialogs.palette import Palette

    palette = Palette(window, list(window.acts.all()))
    qtbot.addWidget(palette)
    palette.open()
    qtbot.keyClicks(palette.field, "no such thing")
    assert palette.found() == []
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert palette.isVisible()
    palette.close()


def test_f6_goes_round_all_panels_and_back(qtbot: QtBot, window: StudioWindow):
    window.open_page("Model")
    with qtbot.waitActive(window):
        window.activateWindow()
    visited = []
    for _ in range(3):
        window.cycle_panel(1)
        focus = QApplication.focusWidget()
        assert focus is not None
        visited.append(focus)
    assert len(set(visited)) == 3
    window.cycle_panel(-1)
    assert QApplication.focusWidget() is visited[1]


def test_a_narrow_window_tells_its_pages(qtbot: QtBot, window: StudioWindow):
    window.resize(1440, 900)
    window.open_page("Model")
    assert not front(window).small
    window.resize(1024, 700)
    assert front(window).small
    assert window.width() == 1024


def test_the_place_of_the_window_is_kept(
    qtbot: QtBot, window: StudioWindow, studio: Studio, light: Theme
):
    window.resize(1111, 700)
    window.open_page("Runs")
    window.closeEvent(QCloseEvent())
    assert studio.settings.values.page == "Runs"
    other = Studio(studio.workspace)
    again = StudioWindow(other, light, plain_pages())  # type: ignore[arg-type]
    assert again.height() == 700  # the screen of tests is too narrow to keep the width
    other.close()
    again.deleteLater()


def test_the_status_strip_shows_the_machine_and_leads_to_pages(
    qtbot: QtBot, window: StudioWindow, studio: Studio
):
    with qtbot.waitSignal(studio.machine.read, timeout=10_000):
        studio.machine.warm()
    strip = window._status
    qtbot.waitUntil(lambda: "GiB free" in strip.memory.accessibleDescription())
    assert strip.run.accessibleDescription() == "No run in progress"
    qtbot.mouseClick(strip.memory, Qt.MouseButton.LeftButton)
    assert window.current_page == "Model"


def test_all_pages_are_built_ahead_when_the_window_is_idle(qtbot: QtBot, window: StudioWindow):
    with qtbot.waitSignal(window.warmed):
        window.warm_pages()
    assert set(window._pages) == set(PAGE_MAKERS)
    assert type(front(window)).__name__ == "FirstRunPage"


def test_files_dropped_on_any_page_are_looked_at(
    qtbot: QtBot, window: StudioWindow, studio: Studio, tmp_path: Path
):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"instruction": "q", "output": "a"}\n')
    ready: list[object] = []
    studio.datasets.foreign.ready.connect(ready.append)
    window.open_page("Model")
    files = QMimeData()
    files.setUrls([QUrl.fromLocalFile(str(path))])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier(0)
    entered = QDragEnterEvent(QPoint(9, 9), copy, files, left, none)
    QApplication.sendEvent(window, entered)
    assert entered.isAccepted()
    QApplication.sendEvent(window, QDropEvent(QPointF(9, 9), copy, files, left, none))
    qtbot.waitUntil(lambda: bool(ready), timeout=10_000)
    assert window.current_page == "Data"


def test_the_data_page_takes_the_place_of_the_guide_while_the_first_file_comes_in(
    qtbot: QtBot, window: StudioWindow, studio: Studio, tmp_path: Path
):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"instruction": "q", "output": "a"}\n' * 3)
    with qtbot.waitSignal(studio.datasets.import_ended, timeout=20_000):
        studio.datasets.import_file(path)
        window.open_page("Data")
        assert isinstance(front(window), PlainPage)
