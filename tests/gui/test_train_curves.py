"""Curves are read, zoomed, compared, cleared of outliers, and saved."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from studio.app.studio import Studio
from studio.core.problems import RunError
from studio.ui.look.theme import Theme
from studio.ui.pages.trainpage import TrainPage
from studio.ui.train.readings import MEMORY, NORM
from studio.ui.train.runview import RunView
from tests.helpers.liveruns import Begin, click, wait_end


def test_readings_open_in_full_and_share_crosshair_and_view(
    qtbot: QtBot, train_page: TrainPage, begin: Begin
) -> None:
    wait_end(qtbot, begin("--steps", "60", "--mode", "diverged"))
    train_page.run_view.redraw()
    plots, sync = train_page.run_view.plots, train_page.run_view.sync
    assert plots is not None
    assert plots.change_card.isVisible()
    spark = next(s for s in plots.sparks if s.reading is NORM)
    click(qtbot, spark)
    reading = plots.reading_card
    assert reading.isVisible()
    assert reading.plot._bad[0].isVisible()  # the gradient that was no number
    sync.set_cross(12)
    said = reading.plot.accessibleDescription()
    assert f"gradient norm {spark.value_words}" in said
    assert plots.loss.accessibleDescription().startswith("Step 12")
    plots.open_reading(MEMORY)
    assert "predicted 1.90 GiB" in reading.plot.accessibleDescription()
    sync.show_range(5, 25)
    qtbot.waitUntil(lambda: plots.loss.getViewBox().viewRange()[0] == [5.0, 25.0])
    assert reading.plot.getViewBox().viewRange()[0] == [5.0, 25.0]
    qtbot.keyClick(plots.loss, Qt.Key.Key_0)  # type: ignore[no-untyped-call]
    qtbot.waitUntil(lambda: plots.loss.getViewBox().viewRange()[0][1] > 60)
    click(qtbot, reading.close_button)
    assert plots.change_card.isVisible()


def test_plots_are_loaded_a_piece_at_a_time_and_drawn_once(
    qtbot: QtBot, studio: Studio, light: Theme
) -> None:
    view = RunView(studio)
    qtbot.addWidget(view)
    pieces = 0
    while view.warm_piece():
        pieces += 1
        assert view.plots is None  # nothing half made is shown
    assert pieces >= 9
    assert view.plots is not None
    view.warm()  # once more does nothing
    loss = view.plots.loss
    line = loss._present
    loss.setParent(None)  # each new parent tells of a palette
    loss.setParent(view)
    assert loss._present is line
    light.force(Qt.ColorScheme.Dark)
    assert loss._present is not line


def test_dragging_zooms_and_a_double_click_shows_the_whole_run(
    qtbot: QtBot, train_page: TrainPage, begin: Begin
) -> None:
    wait_end(qtbot, begin("--steps", "60"))
    train_page.run_view.redraw()
    plots, sync = train_page.run_view.plots, train_page.run_view.sync
    assert plots is not None
    view, left = plots.loss.viewport(), Qt.MouseButton.LeftButton
    middle = view.height() // 2
    qtbot.mousePress(view, left, pos=QPoint(200, middle))  # type: ignore[no-untyped-call]
    qtbot.mouseMove(view, QPoint(300, middle))  # type: ignore[no-untyped-call]
    qtbot.mouseRelease(view, left, pos=QPoint(400, middle))  # type: ignore[no-untyped-call]
    assert sync.view is not None
    low, high = sync.view
    assert 0 < low < high < 60
    assert plots.whole_button.isVisible()
    qtbot.mouseDClick(view, left, pos=QPoint(300, middle))  # type: ignore[no-untyped-call]
    assert sync.view is None


def test_another_run_lies_behind_and_can_be_taken_away(
    qtbot: QtBot, train_page: TrainPage, studio: Studio, begin: Begin
) -> None:
    first = begin("--steps", "40")
    wait_end(qtbot, first)
    wait_end(qtbot, begin("--steps", "60", run="2026-11-22-hotel-concierge-2"))
    studio.runs.refresh()
    qtbot.waitUntil(lambda: len(studio.runs.all()) == 2, timeout=20_000)
    plots = train_page.run_view.plots
    assert plots is not None
    plots.compare_button.menu().aboutToShow.emit()
    acts = plots.compare_button.menu().actions()
    assert [act.isChecked() for act in acts if act.isCheckable()] == [True, False]
    acts[-1].trigger()
    qtbot.waitUntil(lambda: plots.loss.curves.other_title == "concierge", timeout=20_000)
    assert len(plots.loss._other.xData) == 40
    train_page.run_view.sync.set_cross(30)
    assert ", concierge 2." in plots.loss.accessibleDescription()
    studio.others.choose(None)
    qtbot.waitUntil(lambda: plots.loss.curves.other_title == "")


def test_pictures_and_tables_are_saved_and_copied(
    qtbot: QtBot, train_page: TrainPage, studio: Studio, begin: Begin, tmp_path: Path
) -> None:
    wait_end(qtbot, begin("--steps", "20"))
    train_page.run_view.redraw()
    plots = train_page.run_view.plots
    problems: list[RunError] = []
    assert plots is not None
    studio.problem_met.connect(problems.append)
    menu = plots.loss_menu
    menu.save_picture(tmp_path / "loss.png")
    menu.save_picture(tmp_path / "loss.svg")
    menu.save_data(tmp_path / "loss.csv")
    qtbot.waitUntil(lambda: (tmp_path / "loss.csv").is_file(), timeout=20_000)
    assert (tmp_path / "loss.png").read_bytes()[:4] == b"\x89PNG"
    svg = (tmp_path / "loss.svg").read_text()
    assert "<svg" in svg
    assert "<path" in svg or "<polyline" in svg
    assert len((tmp_path / "loss.csv").read_text().splitlines()) == 22  # head and the base's row
    menu.copy_data()
    menu.table_asked.emit()
    assert train_page.run_view.details._table.isVisible()
    assert problems == []
    menu.save_picture(tmp_path / "no folder" / "loss.png")
    assert "could not be written" in problems[0].summary


def test_outliers_are_clipped_until_they_are_wanted(
    qtbot: QtBot, train_page: TrainPage, studio: Studio, begin: Begin
) -> None:
    store = begin("--steps", "400")
    wait_end(qtbot, store)
    losses = store.history._table[:400, 1]
    losses[200], losses[300] = 60.0, 0.0
    train_page.run_view.redraw()
    plots = train_page.run_view.plots
    assert plots is not None
    assert plots.loss.getViewBox().viewRange()[1][1] < 10
    assert plots.loss._bad[1].isVisible()  # a loss of exactly 0
    plots.loss_menu.refresh()
    plots.loss_menu.clip.trigger()
    assert plots.loss.getViewBox().viewRange()[1][1] >= 60


def test_marks_of_one_kind_are_one_picture(
    qtbot: QtBot, train_page: TrainPage, begin: Begin
) -> None:
    wait_end(qtbot, begin("--steps", "400"))
    train_page.run_view.redraw()
    plots = train_page.run_view.plots
    assert plots is not None
    drawn = plots.loss._marks.data["brush"]
    assert len(drawn) > 10
    assert len({id(brush) for brush in drawn}) == 2  # kept, and not; each is slow to draw
