"""Runs side by side: curves, settings and rows that differ, words, copies from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.app.studio import Studio
from studio.core.events import Evaluated, RunEnded, RunStarted, StepDone
from studio.core.recipe import Recipe
from studio.core.workspace import RunFolder
from studio.data.recipefile import write_recipe
from studio.data.runmeta import meta_of
from studio.machine.devices import MachineReading
from studio.ui.look.theme import Theme
from studio.ui.models.runsmodel import SERIES
from studio.ui.pages.runspage import DIFFER, QUEUE, RunsPage
from studio.ui.runs.griddialog import GridDialog
from studio.ui.runs.reproducedialog import ReproduceDialog
from studio.ui.widgets.cells import CELL
from tests.helpers.runs import add_events, make_run

FIRST, SECOND, FOREIGN = "2026-11-22-hotel-2", "2026-11-22-hotel-1", "2026-11-21-hotel-1"


def made_run(studio: Studio, run_id: str, answers: int, **settings: object) -> RunFolder:
    folder = make_run(studio.workspace, run_id, title=run_id[-7:])
    values = {"model": "starter", "dataset": "hotel", "title": run_id} | settings
    write_recipe(Recipe(**values), folder.recipe)  # type: ignore[arg-type]
    folder.rows.parent.mkdir()
    rows = [
        {"row": i, "split": "train", "instruction": f"Say {i}", "input": "", "output": f"{i}"}
        for i in range(answers)
    ]
    folder.rows.write_text("".join(json.dumps(row) + "\n" for row in rows))
    folder.origin.write_text(json.dumps({"dataset": "hotel"}))
    step = StepDone(
        step=1,
        loss=1.0,
        learning_rate=1e-4,
        grad_norm=1.0,
        tokens=10,
        trained_tokens=5,
        seconds=0.5,
    )
    add_events(
        folder,
        [
            RunStarted(run=run_id, total_steps=1, pid=1),
            Evaluated(step=0, target_loss=2.0),
            step,
            Evaluated(step=1, target_loss=1.5),
            RunEnded(outcome="done", run=run_id, step=1),
        ],
    )
    return folder


@pytest.fixture
def page(qtbot: QtBot, studio: Studio, light: Theme) -> Iterator[RunsPage]:
    made_run(studio, FIRST, 5, rank=8)
    made_run(studio, SECOND, 3, learning_rate=1e-3)
    foreign = made_run(studio, FOREIGN, 3)
    elsewhere = {"name": "other-desk", "mark": "0" * 16, "boot": ""}
    foreign.origin.write_text(json.dumps({"dataset": "hotel", "computer": elsewhere}))
    made = RunsPage(studio)
    qtbot.addWidget(made)
    made.resize(1400, 800)
    made.show()
    with qtbot.waitSignal(studio.runs.listed):
        studio.runs.refresh()
    yield made
    made.close()


def test_two_runs_are_compared_by_settings_rows_and_curves(
    qtbot: QtBot, studio: Studio, page: RunsPage
):
    page.table.choose(FIRST)
    with qtbot.waitSignal(studio.run_acts.rows_compared):
        page.table.choose(FIRST, SECOND)
    assert page._right.currentIndex() == DIFFER
    assert page.differ.remark.text().startswith("2 of ")
    table = page.differ._table
    assert table is not None
    cells = [
        [table.model().index(row, column).data(CELL) for column in range(3)] for row in range(3)
    ]
    assert [cell.words for cell in cells[0]] == ["Rank", "8", "16"]
    assert [cell.words for cell in cells[1]] == ["Learning rate", "2e-4", "1e-3"]
    assert [cell.bold for cell in cells[0]] == [False, True, False]
    assert [cell.words for cell in cells[2]] == ["Your task", "+0.50", "+0.50"]
    assert page.differ._rows.text() == "Rows: 2 removed"
    qtbot.waitUntil(lambda: len(page.overlay.plot._curves) == 2)
    assert [list(curve.y) for curve in page.overlay.plot._curves] == [[2.0, 1.5], [2.0, 1.5]]
    assert [curve.series for curve in page.overlay.plot._curves] == ["leaf", "clay"]


def test_a_click_on_the_mark_adds_a_run_to_those_compared(qtbot: QtBot, page: RunsPage):
    page.table.choose(FIRST)
    spot = page.table.visualRect(page.table.model().index(1, 0)).center()
    qtbot.mouseClick(page.table.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(spot))
    assert [row.summary.run for row in page.table.chosen()] == [FIRST, SECOND]
    assert [page.table.model().index(at, 0).data(SERIES) for at in range(3)] == ["leaf", "clay", ""]
    qtbot.mouseClick(page.table.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(spot))
    assert [row.summary.run for row in page.table.chosen()] == [FIRST]


def test_a_measure_that_no_run_has_says_so(qtbot: QtBot, page: RunsPage):
    page.table.choose(FIRST)
    qtbot.waitUntil(lambda: len(page.overlay.plot._curves) == 1)
    page.overlay.measure.setCurrentText("General loss")
    assert page.overlay._stack.currentIndex() == 0
    assert page.overlay._nothing.text() == "No chosen run asks general questions."


def test_general_answers_and_drift_are_among_the_curves(
    qtbot: QtBot, studio: Studio, page: RunsPage
):
    asked = Evaluated(step=1, target_loss=1.5, general_loss=1.25, general_accuracy=0.25, drift=0.5)
    page.table.choose(FIRST)
    add_events(studio.workspace.run(FIRST), [asked])
    with qtbot.waitSignal(studio.runs.listed):
        studio.runs.refresh()
    for name, value in (
        ("General loss", 1.25),
        ("General questions right", 25.0),
        ("Drift from the base", 0.5),
    ):
        page.overlay.measure.setCurrentText(name)
        qtbot.waitUntil(lambda: len(page.overlay.plot.curves) == 1)
        [curve] = page.overlay.plot.curves
        assert (list(curve.x), list(curve.y)) == ([1.0], [value])
    page.overlay.copy_data()
    copied = QApplication.clipboard().text().splitlines()
    assert copied == ["run\tstep\tDrift from the base", f"{FIRST[-7:]}\t1\t0.5"]


def test_the_lineage_is_that_of_the_chosen_run(qtbot: QtBot, studio: Studio, page: RunsPage):
    page.table.choose(SECOND)
    page.set_lineage(())  # as the window does, which knows the open run alone
    parts = page.graft.parts()
    assert [part.name for part in parts] == ["hotel", "starter", "QLoRA r 16", SECOND[-7:]]
    with qtbot.waitSignal(studio.runs.opened):
        page.graft.part_chosen.emit(parts[-1].kind)
    assert studio.runs.current is not None
    assert studio.runs.current.run == SECOND


def test_words_about_a_run_are_kept_and_taken_back(qtbot: QtBot, studio: Studio, page: RunsPage):
    page.table.choose(FIRST)
    folder = studio.workspace.run(FIRST)
    page.about.tags_field.setText(" good,two  words, good ")
    page.about.notes_field.setPlainText("Worth keeping.\nTwice.")
    with qtbot.waitSignal(studio.said) as said, qtbot.waitSignal(studio.runs.listed):
        page.about.keep()
    assert meta_of(folder).tags == ("good", "two words")
    assert meta_of(folder).notes == "Worth keeping.\nTwice."
    said.args[1]()
    assert meta_of(folder).tags == ()


def test_a_run_of_another_computer_is_only_read(qtbot: QtBot, studio: Studio, page: RunsPage):
    page.table.choose(FOREIGN)
    assert not page.tools.resume.isEnabled()
    assert page.acts["mine"].isEnabled()
    assert not page.acts["reproduce"].isEnabled()
    assert page.about._foreign.accessibleName().startswith("Copied from other-desk.")
    row = page.table.current()
    assert row is not None
    assert not row.summary.resumable


def test_cloning_puts_the_settings_into_the_draft(qtbot: QtBot, studio: Studio, page: RunsPage):
    page.table.choose(FIRST)
    with qtbot.waitSignal(studio.page_requested) as asked:
        page.deeds.do("clone")
    assert asked.args == ["Model"]
    assert studio.draft.recipe.rank == 8


def test_the_queue_is_shown_and_put_in_another_order(qtbot: QtBot, studio: Studio, page: RunsPage):
    waiting = [f"2026-11-23-hotel-{n}" for n in (1, 2, 3)]
    for run_id in waiting:
        make_run(studio.workspace, run_id, title="")
    with qtbot.waitSignal(studio.runs.listed):
        studio.queue.add(waiting)
    page.tools.queue.setChecked(True)
    assert page._right.currentIndex() == QUEUE
    assert page.strip.isVisible()
    assert "3 runs wait" in page.strip._words.text()
    page.queue.list.setCurrentIndex(page.queue.list.model().index(2, 0))
    qtbot.mouseClick(page.queue.up_button, Qt.MouseButton.LeftButton)
    assert studio.queue.queue.waiting == (waiting[0], waiting[2], waiting[1])
    with qtbot.waitSignal(studio.said) as said:
        qtbot.mouseClick(page.queue.remove_button, Qt.MouseButton.LeftButton)
    assert studio.queue.queue.waiting == (waiting[0], waiting[1])
    said.args[1]()
    assert studio.queue.queue.waiting == (waiting[0], waiting[2], waiting[1])


def test_a_grid_says_how_many_runs_it_is_before_they_are_made(
    qtbot: QtBot, studio: Studio, page: RunsPage
):
    recipe = studio.run_acts.recipe_of(page.table.chosen()[0].summary)
    dialog = GridDialog(page, recipe, lambda _recipe: 90.0)
    qtbot.addWidget(dialog)
    dialog.values[0].setText("1e-4, 2e-4")
    dialog.values[1].setText("4, 8, 16")
    assert dialog._told.text() == "6 runs, about 9 min in all."
    assert dialog.add_button.text() == "Put 6 into the queue"
    assert {(r.learning_rate, r.rank) for r in dialog.recipes} == {
        (rate, rank) for rate in (1e-4, 2e-4) for rank in (4, 8, 16)
    }
    dialog.values[1].setText("4, many")
    assert dialog._told.text() == "Rank is 'many', not a number."
    assert not dialog.add_button.isEnabled()


def test_a_folder_that_is_no_adapter_is_refused_with_a_sentence(
    qtbot: QtBot, studio: Studio, page: RunsPage, tmp_path: Path
):
    studio.draft.load(studio.draft.recipe.replace(model="starter"))
    with qtbot.waitSignal(studio.problem_met) as met:
        page.deeds.attempt(lambda: page.deeds.go_on_from(tmp_path))
    assert "has no adapter_model.safetensors" in met.args[0].summary
    assert studio.draft.recipe.start_from == ""


def test_what_differs_now_is_said_before_a_run_is_made_again(
    qtbot: QtBot, studio: Studio, page: RunsPage
):
    page.table.choose(FIRST)
    run = page.table.chosen()[0].summary
    with qtbot.waitSignal(studio.run_acts.now_compared) as compared:
        studio.run_acts.compare_with_now(run, MachineReading((), 1, 1))
    found = compared.args[0]
    assert [fact.what for fact in found.facts] == [
        *("Model", "Rows", "Dataset", "Versions", "Device")
    ]
    assert found.stops.startswith("There is no model")
    dialog = page.findChild(ReproduceDialog)
    assert dialog is not None
    assert not hasattr(dialog, "again_button")
    dialog.reject()


def test_the_recipe_being_edited_can_be_queued_too(qtbot: QtBot, studio: Studio, page: RunsPage):
    with qtbot.waitSignal(studio.problem_met) as met:
        page.deeds.do("draft")
    assert met.args[0].summary == "No dataset is named."
    assert page.acts["draft"].isEnabled()


def test_looking_at_a_run_changes_no_word_of_it(qtbot: QtBot, studio: Studio, page: RunsPage):
    folder = studio.workspace.run(FIRST)
    folder.meta.write_text(f'title = "{"W" * 300}\\n<b>two</b>"\ntags = ["{"t" * 90}", 5]\n')
    before = folder.meta.read_bytes()
    with qtbot.waitSignal(studio.runs.listed):
        studio.runs.refresh()
    page.table.choose(FIRST)
    with qtbot.assertNotEmitted(studio.said):
        page.table.choose(SECOND)
        page.hidden()
    assert folder.meta.read_bytes() == before


def test_a_run_that_cannot_be_read_says_why(qtbot: QtBot, studio: Studio, page: RunsPage):
    studio.workspace.run(SECOND).recipe.write_text("this is [ not")
    with qtbot.waitSignal(studio.runs.listed):
        studio.runs.refresh()
    page.table.choose(SECOND)
    assert page.about._fault.isVisible()
    assert "recipe.toml is not TOML" in page.about._fault.accessibleName()
    assert not page.about.title_field.isEnabled()
    page.table.choose(FIRST)
    assert not page.about._fault.isVisible()
