"""The Checks and Statistics views over real datasets and a real render process."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QScrollArea
from pytestqt.qtbot import QtBot

from studio.app.datasetdocument import DatasetDocument
from studio.app.studio import Studio
from studio.core.example import Conversation, Kind, Preference, Text, Triple
from studio.core.problems import StudioError
from studio.data.checks import sidecar
from studio.data.store import Dataset
from studio.ui.data.checksview import ChecksView
from studio.ui.data.fixdialog import FixDialog
from studio.ui.data.statisticsview import StatisticsView
from studio.ui.pages.datapage import CHECKS, ROWS, STATISTICS, DataPage
from tests.helpers.tinymodel import make_tiny_model

WAIT = 60_000
TWIN = "The ferry leaves the harbour twice a day and most passengers stand outside in the rain."


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture
def page(data_page: DataPage, problems: list[StudioError]) -> Iterator[DataPage]:
    yield data_page
    assert problems == []


def rows() -> list[Triple]:
    plain = [Triple(f"Question {i}?", "", f"Answer number {i} is this.") for i in range(30)]
    bad = [
        Triple("Question 3?", "", "Answer number 3 is this."),
        Triple("Say it.", "", TWIN),
        Triple("Say it.", "", TWIN.replace("twice", "thrice")),
        Triple("The cafÃ©?", "", "Itâ€™s here."),
        Triple("Mail jane@hotel-adler.de", "", "Done it."),
        Triple("Nothing?", "", ""),
    ]
    return plain + bad


def opened(studio: Studio, examples: list[object], kind: Kind = Kind.TRIPLE) -> DatasetDocument:
    with Dataset.create(studio.workspace.dataset("rows"), kind) as data:
        data.insert(0, examples)
        data.set_split(data.ids[:2].tolist(), "validation")
    return studio.datasets.open("rows")


def judged(qtbot: QtBot, studio: Studio) -> None:
    checks = studio.checks

    def done() -> bool:
        document = studio.datasets.current
        revision = document.revision if document is not None else -1
        return checks.known and not checks.running and checks.notes["revision"] == revision

    qtbot.waitUntil(done, timeout=WAIT)


@pytest.fixture
def view(qtbot: QtBot, page: DataPage, studio: Studio) -> ChecksView:
    opened(studio, list(rows()))
    page.tabs.show_view(CHECKS)
    judged(qtbot, studio)
    return page.checks_view


@pytest.fixture
def statistics(qtbot: QtBot, page: DataPage, studio: Studio) -> StatisticsView:
    opened(studio, list(rows()))
    page.tabs.show_view(STATISTICS)
    judged(qtbot, studio)
    return page.statistics


def dialog_of(view: ChecksView) -> FixDialog:
    return next(d for d in view.window().findChildren(FixDialog) if d.isVisible())


def test_problems_stand_by_gravity_with_count_reason_and_examples(view: ChecksView) -> None:
    assert next(iter(view.rows)) == "no_answer"
    levels = [row.fault.level for row in view.rows.values()]
    assert levels == sorted(levels, key=("stop", "warn", "remark").index)
    shown = view.rows["duplicate"]
    assert shown.show_button.text() == "Show the row"
    assert shown.examples == ["Row 31 · as row 4 · Question 3? Answer number 3 is this."]
    assert "Ã© → é" in view.rows["mojibake"].examples[0]
    assert view.rows["near_duplicate"].examples[0].startswith("Row 33 · ")
    assert "as row 32" in view.rows["near_duplicate"].examples[0]
    assert "the same as an earlier one" in shown.accessibleDescription()
    assert not view.rows["no_answer"].ignore_button.isVisible()


def test_the_rows_of_a_problem_are_shown(qtbot: QtBot, page: DataPage, view: ChecksView) -> None:
    view.rows["mojibake"].show_button.click()
    assert page.tabs.current == ROWS
    qtbot.waitUntil(lambda: page.model.rowCount() == 1, timeout=10_000)
    assert page.model.index(0, 1).data().startswith("The cafÃ©")


def test_a_fix_is_previewed_done_as_one_step_and_undone(
    qtbot: QtBot, view: ChecksView, studio: Studio, said: list[tuple[str, object]]
) -> None:
    document = studio.datasets.current
    assert document is not None
    view.rows["mojibake"].fix_button.click()
    dialog = dialog_of(view)
    assert dialog.lines == ["The cafÃ©? → The café?", "Itâ€™s here. → It’s here."]
    dialog.accept()
    qtbot.waitUntil(lambda: "mojibake" not in view.rows, timeout=WAIT)
    assert document.row(34).texts == ("The café?", "", "It’s here.")
    assert document.undo_text == "Repair the row"
    assert said[-1][0] == "1 row changed"
    document.undo()
    qtbot.waitUntil(lambda: "mojibake" in view.rows, timeout=WAIT)


def test_cancelling_a_fix_changes_nothing(view: ChecksView, studio: Studio) -> None:
    document = studio.datasets.current
    assert document is not None
    before = document.revision
    view.rows["duplicate"].fix_button.click()
    QTest.keyClick(dialog_of(view), Qt.Key.Key_Escape)
    assert document.revision == before
    assert len(document) == 36


def test_copies_are_deleted_and_the_first_stays(
    qtbot: QtBot, view: ChecksView, studio: Studio
) -> None:
    document = studio.datasets.current
    assert document is not None
    assert view.rows["duplicate"].fix_button.text() == "Delete the copy"
    view.rows["duplicate"].fix_button.click()
    dialog_of(view).accept()
    qtbot.waitUntil(lambda: "duplicate" not in view.rows, timeout=WAIT)
    assert len(document) == 35
    assert document.row(4).instruction == "Question 3?"


def test_what_is_as_it_should_be_is_remembered_by_the_dataset(
    qtbot: QtBot, view: ChecksView, studio: Studio
) -> None:
    faulty = len(studio.checks.faulty)
    view.rows["email"].ignore_button.click()
    assert "email" not in view.rows
    assert [row.fault.code for row in view._passed] == ["email"]
    assert len(studio.checks.faulty) == faulty - 1
    studio.datasets.close()
    studio.datasets.open("rows")
    judged(qtbot, studio)
    assert "email" not in view.rows
    assert studio.checks.ignored == {"email"}
    view._passed[0].look_asked.emit()
    assert "email" in view.rows


def test_another_threshold_finds_other_near_copies(
    qtbot: QtBot, view: ChecksView, studio: Studio
) -> None:
    assert "near_duplicate" in view.rows
    view._near.setValue(95)
    qtbot.waitUntil(lambda: "near_duplicate" not in view.rows, timeout=WAIT)
    assert studio.checks.near == 0.95


def test_nothing_wrong_is_said_with_the_number_of_rows(
    qtbot: QtBot, page: DataPage, studio: Studio
) -> None:
    opened(studio, [Triple(f"Question {i}?", "", f"Answer {i}.") for i in range(12)])
    page.tabs.show_view(CHECKS)
    judged(qtbot, studio)
    qtbot.waitUntil(page.checks_view.good.isVisible, timeout=10_000)
    assert page.checks_view.good.accessibleName() == "Nothing is wrong in 12 rows"
    assert not page.checks_view._scroll.isVisible()


def test_without_a_model_texts_are_judged_and_the_rest_is_offered(
    qtbot: QtBot, view: ChecksView, studio: Studio
) -> None:
    assert view._no_model.isVisible()
    assert "no_answer" in view.rows
    with qtbot.waitSignal(studio.page_requested) as asked:
        view._choose.click()
    assert asked.args == ["Model"]


def test_an_edit_is_judged_while_one_looks(qtbot: QtBot, view: ChecksView, studio: Studio) -> None:
    document = studio.datasets.current
    assert document is not None
    document.edit(9, "output", "A bell\x07 rings.")
    qtbot.waitUntil(lambda: "control" in view.rows, timeout=WAIT)
    assert view.rows["control"].fault.rows.tolist() == [9]


def test_a_sidecar_that_is_deleted_is_made_again(
    qtbot: QtBot, view: ChecksView, studio: Studio
) -> None:
    document = studio.datasets.current
    assert document is not None
    place = sidecar.place(studio.workspace.path, document.uid)
    sidecar.discard(place)
    document.edit(9, "output", "A bell\x07 rings.")
    qtbot.waitUntil(lambda: "control" in view.rows, timeout=WAIT)
    qtbot.waitUntil(lambda: "duplicate" in view.rows, timeout=WAIT)
    assert place.is_file()


@pytest.mark.slow
def test_a_limit_that_cuts_no_row_is_offered(
    qtbot: QtBot, view: ChecksView, studio: Studio, tiny: Path
) -> None:
    studio.draft.edit("max_tokens", 16)
    studio.models.choose(tiny)
    qtbot.waitUntil(lambda: "answer_cut" in view.rows or "end_cut" in view.rows, timeout=WAIT)
    judged(qtbot, studio)
    code = "answer_cut" if "answer_cut" in view.rows else "end_cut"
    longest = int(studio.checks.lengths.tokens.max())
    assert view.rows[code].fix_button.isVisible()
    view.rows[code].fix_button.click()
    assert studio.draft.recipe.max_tokens >= longest
    assert not {"answer_cut", "end_cut"} & set(view.rows)


@pytest.mark.slow
def test_statistics_are_drawn_and_said(
    qtbot: QtBot, statistics: StatisticsView, studio: Studio, tiny: Path
) -> None:
    assert statistics.choose.isVisible()
    assert [bar.name for bar in statistics.splits.bars] == ["train", "validation", "test"]
    assert "validation: 2" in statistics.splits.accessibleDescription()
    assert {bar.name for bar in statistics.problems.bars} >= {"No answer", "Same row twice"}
    assert set(statistics.fields._parts) == {"instruction", "output"}
    assert "median" in statistics.fields._parts["output"][1].accessibleDescription()
    studio.models.choose(tiny)
    qtbot.waitUntil(lambda: studio.checks.measured and not studio.checks.running, timeout=WAIT)
    qtbot.waitUntil(lambda: "are trained" in statistics.token_words.text(), timeout=WAIT)
    assert "36 rows" in statistics.histogram.accessibleDescription()
    qtbot.waitUntil(lambda: len(statistics.fit.bars.bars) == 2, timeout=WAIT)
    assert statistics.fit.table.rows
    assert "pieces" not in statistics.fit.words.text()


@pytest.mark.slow
def test_the_cut_line_of_the_histogram_is_the_limit(
    qtbot: QtBot, page: DataPage, statistics: StatisticsView, studio: Studio, tiny: Path
) -> None:
    studio.models.choose(tiny)
    qtbot.waitUntil(lambda: studio.checks.measured and not studio.checks.running, timeout=WAIT)
    limit = studio.draft.recipe.max_tokens
    statistics.histogram.setFocus()
    QTest.keyClick(statistics.histogram, Qt.Key.Key_Left)
    assert studio.draft.recipe.max_tokens == limit - 1
    page.tabs.show_view(ROWS)
    assert page.summary.histogram._limit == limit - 1


@pytest.mark.parametrize(
    ("kind", "examples"),
    [
        (
            Kind.CONVERSATION,
            [
                Conversation(
                    ({"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"})
                )
            ],
        ),
        (Kind.TEXT, [Text("Once upon a time."), Text("And then.")]),
        (Kind.PREFERENCE, [Preference("Hi", "Ho", "No")]),
    ],
)
def test_both_views_take_every_kind(
    qtbot: QtBot, page: DataPage, studio: Studio, kind: Kind, examples: list[object]
) -> None:
    opened(studio, examples, kind)
    page.tabs.show_view(STATISTICS)
    judged(qtbot, studio)
    qtbot.waitUntil(lambda: bool(page.statistics.fields._parts), timeout=10_000)
    page.tabs.show_view(CHECKS)
    assert "no_rows" in page.checks_view.rows or "no_validation" not in page.checks_view.rows


def test_nothing_is_cut_off_at_the_smallest_width(page: DataPage, view: ChecksView) -> None:
    page.set_small(True)
    page.resize(948, 640)
    QApplication.processEvents()
    for row in view.rows.values():
        for button in (row.show_button, row.fix_button, row.ignore_button):
            if button.isVisible():
                assert button.width() >= button.sizeHint().width()
                right = button.mapTo(view, button.rect().topRight()).x()
                assert right <= view.width()
    for area in page.findChildren(QScrollArea):
        assert not area.horizontalScrollBar().isVisible()
    page.set_small(False)


def test_a_process_that_dies_during_a_check_is_started_again(
    qtbot: QtBot, view: ChecksView, studio: Studio
) -> None:
    document = studio.datasets.current
    assert document is not None
    killed: list[int] = []

    def kill_once() -> None:  # at its beginning: a few rows are judged before anybody looks
        if studio.checks.running and studio.renders.pid and not killed:
            killed.append(studio.renders.pid)
            os.kill(studio.renders.pid, signal.SIGKILL)

    studio.checks.progressed.connect(kill_once)
    document.edit(9, "output", "A bell\x07 rings.")
    qtbot.waitUntil(lambda: bool(killed), timeout=WAIT)
    qtbot.waitUntil(lambda: "control" in view.rows, timeout=WAIT)
    judged(qtbot, studio)
    assert studio.renders.pid != killed[0]
    assert studio.checks.trouble is None


def test_what_keeps_failing_is_said_with_a_way_to_try_again(
    qtbot: QtBot, view: ChecksView, studio: Studio
) -> None:
    document = studio.datasets.current
    assert document is not None
    place = sidecar.place(studio.workspace.path, document.uid)
    sidecar.discard(place)
    place.mkdir()
    document.edit(9, "output", "A bell\x07 rings.")
    qtbot.waitUntil(view._trouble.isVisible, timeout=WAIT)
    assert "cannot be kept" in view._trouble.accessibleName()
    place.rmdir()
    view._again.click()
    qtbot.waitUntil(lambda: "control" in view.rows, timeout=WAIT)
    assert not view._trouble.isVisible()
