"""The table of runs says how each stands, and opens, resumes and deletes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from studio.app.studio import Studio
from studio.core.events import (
    CheckpointCommitted,
    Evaluated,
    PlanChanged,
    RunEnded,
    RunStarted,
    StepDone,
)
from studio.data.runfiles import summarize
from studio.machine.locks import RunLock
from studio.ui.look.theme import Theme
from studio.ui.models.runsmodel import MARK, SERIES, RunsModel, RunsProxy
from studio.ui.pages.runspage import RunsPage
from studio.ui.runs.cells import CHANGE, HEADS, RunRow
from studio.ui.widgets.cells import CELL, Cell
from tests.helpers.runs import GIB, add_events, make_run

DONE, PAUSED, BROKEN = "2026-11-22-hotel-2", "2026-11-22-hotel-1", "2026-11-21-hotel-1"


@pytest.fixture
def page(qtbot: QtBot, studio: Studio, light: Theme) -> Iterator[RunsPage]:
    done = make_run(studio.workspace, DONE, title="<s>concierge</s>")
    add_events(
        done,
        [
            RunStarted(run=DONE, total_steps=4, pid=1, predicted_peak_bytes=2 * GIB),
            Evaluated(step=0, target_loss=2.0),
            *(
                StepDone(
                    step=n,
                    loss=1.0,
                    learning_rate=1e-4,
                    grad_norm=1.0,
                    tokens=100,
                    trained_tokens=50,
                    seconds=0.5,
                    memory_bytes=GIB,
                )
                for n in range(1, 5)
            ),
            Evaluated(step=4, target_loss=1.25),
            RunEnded(outcome="done", run=DONE, step=4, measured_peak_bytes=GIB),
        ],
    )
    paused = make_run(studio.workspace, PAUSED, title="")
    add_events(
        paused,
        [
            RunStarted(run=PAUSED, total_steps=10, pid=1),
            PlanChanged(step=1, changes={"micro_batch": 2}, reason="memory"),
            CheckpointCommitted(step=2, path="checkpoints/step-000002"),
            RunEnded(outcome="paused", run=PAUSED, step=2),
        ],
    )
    broken = make_run(studio.workspace, BROKEN, title="broken")
    broken.recipe.write_text("this is = not [ a recipe")
    made = RunsPage(studio)
    qtbot.addWidget(made)
    made.resize(1200, 600)
    made.show()
    with qtbot.waitSignal(studio.runs.listed):
        studio.runs.refresh()
    yield made
    made.close()


def cell(page: RunsPage, row: int, head: str) -> Cell:
    found = page.table.model().index(row, HEADS.index(head)).data(CELL)
    assert isinstance(found, Cell)
    return found


def test_each_run_says_how_it_stands(page: RunsPage):
    states = [cell(page, row, "State").words for row in range(3)]
    assert states == ["Done", "Can resume", "Unreadable"]
    assert cell(page, 0, "Run").words == "<s>concierge</s>"
    assert cell(page, 0, "Held-out").words == "2.00 → 1.25"
    assert cell(page, 0, "Tokens/s").words == "200"
    assert cell(page, 0, "Took").words == "2 s"
    assert cell(page, 1, "Run").words == PAUSED


def test_the_peak_is_drawn_beside_its_prediction(page: RunsPage):
    peak = cell(page, 0, "Peak, GiB")
    assert peak.words == "1.0"
    assert peak.peak == (0.5, 1.0)
    assert cell(page, 1, "Peak, GiB").words == "–"


def test_only_what_can_be_done_is_offered(page: RunsPage):
    page.table.choose(DONE)
    assert page.tools.open.isEnabled()
    assert not page.tools.resume.isEnabled()
    page.table.choose(PAUSED)
    assert page.tools.resume.isEnabled()
    assert page.acts["queue"].isEnabled()
    page.table.choose(BROKEN)
    assert not page.tools.open.isEnabled()
    assert page.acts["trash"].isEnabled()
    page.table.choose(DONE, PAUSED)
    assert not page.tools.open.isEnabled()
    assert page.acts["trash"].text() == "Move 2 runs to the trash"


def test_enter_opens_the_run_and_leads_to_its_page(qtbot: QtBot, studio: Studio, page: RunsPage):
    page.table.choose(DONE)
    with qtbot.waitSignals([studio.runs.opened, studio.page_requested]):
        qtbot.keyClick(page.table, Qt.Key.Key_Return)
    assert studio.runs.current is not None
    assert studio.runs.current.run == DONE


def test_searching_leaves_the_runs_that_match(qtbot: QtBot, page: RunsPage):
    qtbot.keyClicks(page.tools.search, "hotel-1")
    assert page.table.model().rowCount() == 2


def test_a_run_goes_to_the_trash_and_comes_back(
    qtbot: QtBot, studio: Studio, page: RunsPage, own_home: Path
):
    (own_home / "xdg_data_home").mkdir(exist_ok=True)  # where a desktop keeps its trash
    said: list[tuple[str, Callable[[], None]]] = []
    studio.said.connect(lambda words, undo: said.append((words, undo)))
    page.table.choose(DONE)
    with qtbot.waitSignal(studio.runs.listed):
        qtbot.keyClick(page.table, Qt.Key.Key_Delete)
    words, undo = said[-1]
    assert words == "<s>concierge</s> is in the trash"
    assert not studio.workspace.run(DONE).path.exists()
    assert list(own_home.rglob(f"Trash/files/{DONE}*"))
    assert page.table.model().rowCount() == 2
    with qtbot.waitSignal(studio.runs.listed):
        undo()
    assert studio.workspace.run(DONE).recipe.is_file()
    assert not list(own_home.rglob(f"Trash/*/{DONE}*"))
    assert page.table.model().rowCount() == 3


def test_a_run_that_trains_cannot_go_to_the_trash(qtbot: QtBot, studio: Studio, page: RunsPage):
    folder = studio.workspace.run(PAUSED)
    with RunLock(folder.lock).hold():
        page.table.choose(PAUSED)
        with qtbot.waitSignal(studio.problem_met) as met:
            page.deeds.do("trash")
    assert "is being trained" in met.args[0].summary
    assert folder.recipe.is_file()


def test_a_narrow_window_keeps_the_columns_that_matter(page: RunsPage):
    page.set_small(True)
    assert hidden(page) == ["Dataset", "Held-out", "Tokens/s", "Peak, GiB", "Tags", "Took"]
    page.set_small(False)
    assert hidden(page) == ["Held-out", "Tags"]


def hidden(page: RunsPage) -> list[str]:
    return [h for at, h in enumerate(HEADS) if page.table.isColumnHidden(at)]


def test_columns_are_put_in_and_out_and_stay_so(qtbot: QtBot, studio: Studio, page: RunsPage):
    menu = page.table.column_menu(page)
    acts = {act.text(): act for act in menu.actions()}
    assert "Run" not in acts
    acts["Held-out"].trigger()
    acts["Made"].trigger()
    assert hidden(page) == ["Made", "Tags"]
    assert studio.settings.values.columns == {"Held-out": True, "Made": False}
    again = RunsPage(studio)
    qtbot.addWidget(again)
    assert hidden(again) == ["Made", "Tags"]
    acts["As they come"].trigger()
    assert hidden(page) == ["Held-out", "Tags"]


def test_what_is_not_known_is_sorted_last_both_ways(page: RunsPage):
    for order in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder):
        page.table.sortByColumn(HEADS.index("Tokens/s"), order)
        assert shown(page)[0] == "<s>concierge</s>"


def test_filters_leave_the_runs_that_are_wanted(qtbot: QtBot, page: RunsPage):
    chip = page.tools.filters.chips["State"]
    acts = {act.text(): act for act in chip.menu_of_values.actions()}
    assert set(acts) == {"Can resume · 1", "Done · 1", "Unreadable · 1", "", "Show all"}
    acts["Done · 1"].trigger()
    assert shown(page) == ["<s>concierge</s>"]
    assert chip.text() == "Done"
    acts["Can resume · 1"].trigger()
    assert len(shown(page)) == 2
    assert chip.text() == "State · 2"
    page.tools.filters.chips["Model"].choose("nobody's")
    assert shown(page) == []
    assert page._found.currentIndex() == 1
    page._show_all()
    assert len(shown(page)) == 3
    assert page._found.currentIndex() == 0


def shown(page: RunsPage) -> list[str]:
    model = page.table.model()
    return [model.index(at, HEADS.index("Run")).data() for at in range(model.rowCount())]


def test_a_run_says_what_it_gained_and_forgot(qtbot: QtBot, studio: Studio, page: RunsPage):
    assert cell(page, 0, CHANGE).words == "+0.75 · –"  # nobody asked it general questions
    assert cell(page, 1, CHANGE).words == "–"
    guarded = make_run(studio.workspace, "2026-11-22-hotel-3", title="guarded")
    ranges = {"general_loss_change": [0.125, 0.375]}
    add_events(
        guarded,
        [
            RunStarted(run=guarded.id, total_steps=4, pid=1),
            Evaluated(step=0, target_loss=2.0, general_loss=1.0, general_accuracy=0.5, drift=0.0),
            Evaluated(
                step=4,
                target_loss=0.5,
                general_loss=1.25,
                general_accuracy=0.25,
                drift=0.125,
                general_ranges=ranges,
            ),
            RunEnded(outcome="done", run=guarded.id, step=4),
        ],
    )
    with qtbot.waitSignal(studio.runs.listed):
        studio.runs.refresh()
    found = cell(page, 0, CHANGE)
    assert found.words == "+1.50 · −0.25"
    assert found.tone == "warning"
    assert found.change is not None
    assert found.change[0] == pytest.approx(-6 * found.change[1])
    assert found.tip.splitlines() == [
        "At step 4, beside the base, in nats a token:",
        "your task +1.500 (2.000 → 0.500)",
        "general −0.250 (1.000 → 1.250), 95 %: −0.375 to −0.125",
        "questions right 50\u00a0% → 25\u00a0%",
        "drift from the base 0.125",
        "Past the tolerance of 0.1.",
    ]
    page.table.sortByColumn(HEADS.index(CHANGE), Qt.SortOrder.DescendingOrder)
    assert shown(page)[0] == "guarded"


def test_an_empty_workspace_leads_to_the_model_page(qtbot: QtBot, studio: Studio, light: Theme):
    page = RunsPage(studio)
    qtbot.addWidget(page)
    assert page._stack.currentIndex() == 0


def test_the_model_of_runs_keeps_qt_rules_and_its_rows(studio: Studio, light: Theme):
    model = RunsModel()
    proxy = RunsProxy(model)
    modes = QAbstractItemModelTester.FailureReportingMode
    testers = [QAbstractItemModelTester(each, modes.Fatal) for each in (model, proxy)]
    for run_id in (DONE, PAUSED, BROKEN):
        make_run(studio.workspace, run_id, title="")
    rows = [RunRow(s, s.state) for s in map(summarize, studio.workspace.run_folders())]
    model.set_rows(rows, GIB)
    proxy.sort(HEADS.index("Made"), Qt.SortOrder.DescendingOrder)
    kept = QPersistentModelIndex(proxy.index(0, 1))
    assert kept.data() == DONE
    model.set_series({DONE: "leaf"})
    assert proxy.index(0, MARK).data(SERIES) == "leaf"
    model.set_rows([rows[0], rows[2]], GIB)
    assert (kept.isValid(), kept.data()) == (True, DONE)
    model.set_rows(rows, GIB)
    proxy.search("hotel 11-21")
    assert [proxy.index(at, 1).data() for at in range(proxy.rowCount())] == [BROKEN]
    model.set_rows([], 0)
    assert model.rowCount() == 0
    del testers
