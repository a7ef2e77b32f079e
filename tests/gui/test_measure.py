"""Measuring on the Model page: the offer, the way, the outcome, what goes wrong, and the plot."""

from __future__ import annotations

import os

import psutil
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from studio.core.example import Triple
from studio.core.peakrecord import PeakRecord
from studio.core.problems import StudioError
from studio.core.units import GIB
from studio.machine.measurefolders import sweep_measurements
from studio.ui.model.peakdialog import PeakDialog
from studio.ui.widgets.emptystate import EmptyState
from tests.helpers.fakemeasure import PEAK, command
from tests.helpers.modelpages import NO_CARD, open_model_page

LIMIT_MS = 20_000


def record(predicted, measured, kind="run", name="concierge", **other):
    values = {"device": "cuda:0 RTX 4070", "quantization": "nf4"} | other
    sizes = {"predicted": predicted, "plain": predicted, "measured": measured}
    sizes = {key: round(size * GIB) for key, size in sizes.items()}
    return PeakRecord(kind=kind, name=name, **sizes, **values)


@pytest.fixture
def page(studio, light):
    made = open_model_page(studio)
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def measuring(page, studio):
    """Open a dataset beside the model, so that there is something to measure."""
    from studio.data.store import Dataset

    with Dataset.create(studio.workspace.dataset("rows")) as dataset:
        dataset.insert(0, [Triple("When is breakfast?", "", "At seven.")], "train")
    studio.datasets.open("rows")
    page.shown()
    return page.measure.measuring


def said(page):
    return page.measure.strip.accessibleDescription()


def click(page, qtbot, button="measure"):
    qtbot.mouseClick(getattr(page.measure.strip, button), Qt.MouseButton.LeftButton)


def use(studio, what):
    studio.measures._engine.command[:] = command(what)


def test_without_a_dataset_the_button_says_what_is_missing(page):
    assert not page.measure.strip.measure.isEnabled()
    assert "Open a dataset first" in said(page)


def test_what_is_measured_stands_beside_the_prediction_and_is_kept(page, measuring, studio, qtbot):
    use(studio, "answers")
    assert page.measure.strip.measure.isEnabled()
    click(page, qtbot)
    qtbot.waitUntil(lambda: measuring.outcome is not None, timeout=LIMIT_MS)
    assert said(page).startswith("Measured 6.40 GiB, ")
    for words in ("than predicted", "6.00 GiB reserved by torch", "NVML", "2,000 tokens a second"):
        assert words in said(page)
    (kept,) = studio.peaks.records()
    assert (kept.kind, kept.measured, kept.model) == ("measurement", PEAK, "llama")
    assert kept.predicted == measuring.outcome.predicted.total_bytes
    assert studio.peaks.speed("llama", "cuda")[0] == 2000
    qtbot.waitUntil(lambda: studio.measures.pid == 0, timeout=LIMIT_MS)


def test_other_settings_are_not_what_was_measured(page, measuring, studio, qtbot):
    use(studio, "answers")
    click(page, qtbot)
    qtbot.waitUntil(lambda: measuring.outcome is not None, timeout=LIMIT_MS)
    studio.draft.edit("rank", 64)
    assert measuring.outcome is None
    assert "Measured" not in said(page)


def test_a_measurement_can_be_cancelled_and_gives_its_memory_back(page, measuring, studio, qtbot):
    use(studio, "waits")
    click(page, qtbot)
    qtbot.waitUntil(lambda: "Training step 1" in said(page), timeout=LIMIT_MS)
    assert page.measure.strip.cancel.isVisible()
    child = psutil.Process(studio.measures.pid)
    click(page, qtbot, "cancel")
    assert not measuring.running
    assert page.measure.strip.measure.isVisible()
    qtbot.waitUntil(lambda: not child.is_running(), timeout=LIMIT_MS)
    assert measuring.problem is None
    assert studio.peaks.records() == []


def test_what_a_cancelled_measurement_leaves_is_taken_away(page, measuring, studio, qtbot):
    use(studio, "waits")
    click(page, qtbot)
    qtbot.waitUntil(lambda: "Training step 1" in said(page), timeout=LIMIT_MS)
    staging = studio.workspace.path / ".staging"
    left = staging / f"measuring-{studio.measures.pid}"
    left.mkdir(parents=True)
    click(page, qtbot, "cancel")
    qtbot.waitUntil(lambda: not left.exists(), timeout=LIMIT_MS)


def test_a_window_that_opens_takes_away_what_dead_measurements_left(studio):
    staging = studio.workspace.path / ".staging"
    dead, alive = staging / "measuring-nobody", staging / f"measuring-{os.getpid()}"
    for folder in (dead, alive):
        folder.mkdir(parents=True)
    sweep_measurements(staging)
    assert not dead.exists()
    assert alive.exists()


def test_a_run_that_starts_ends_the_measurement(page, measuring, studio, qtbot):
    use(studio, "waits")
    click(page, qtbot)
    qtbot.waitUntil(lambda: "Training step 1" in said(page), timeout=LIMIT_MS)
    studio.runs.starting.emit()
    assert not measuring.running


@pytest.mark.parametrize(
    ("what", "summary", "hint"),
    [
        ("fails", "It needs more than 11.2 GiB", "Take fewer."),
        ("is killed", "memory ran out", "Fit into…"),
    ],
)
def test_what_went_wrong_is_a_sentence_with_a_way_out(
    page, measuring, studio, qtbot, what, summary, hint
):
    use(studio, what)
    click(page, qtbot)
    qtbot.waitUntil(lambda: measuring.problem is not None, timeout=LIMIT_MS)
    assert summary in said(page)
    assert hint in said(page)
    assert page.measure.strip.measure.text() == "Measure again"
    assert page.measure.strip.measure.isEnabled()


def test_a_library_that_gets_no_memory_is_told_from_a_crash(page, measuring, studio, qtbot):
    use(studio, "aborts")
    click(page, qtbot)
    qtbot.waitUntil(lambda: measuring.problem is not None, timeout=LIMIT_MS)
    assert "crashed (SIGABRT" in said(page)  # the card's memory has no limit of ours
    studio.machine.reading = NO_CARD
    click(page, qtbot)
    qtbot.waitUntil(
        lambda: "It seems to need more than the 20.5 GiB" in said(page), timeout=LIMIT_MS
    )
    assert "Fit into…" in said(page)
    assert "SIGABRT" in measuring.problem.details


def test_what_this_machine_usually_takes_is_counted_in_and_said(page, studio):
    before = page.measure._plan[2].estimate.total_bytes
    for _ in range(2):
        studio.peaks.keep(record(10, 10.4))
    page.shown()
    assert "This machine usually takes 4\u00a0% more; counted in." in (
        page.plan.accessibleDescription()
    )
    assert page.measure._plan[2].estimate.total_bytes == pytest.approx(1.04 * before, rel=0.02)


def test_time_comes_from_what_was_measured(page, measuring, studio):
    page._outlook.lengths = type(page._outlook.lengths)(rows=1, longest=40, trained=10, total=40)
    assert page._outlook.seconds(studio.draft.recipe) is None
    assert page._outlook.why_no_time(studio.draft.recipe) == "not measured yet"
    studio.peaks.keep(record(6, 6, model="llama", tokens_per_second=100.0))
    assert page._outlook.seconds(studio.draft.recipe) > 0


def test_before_rows_are_read_the_card_says_what_it_assumes(page, measuring):
    assert "this assumes full rows of" in page.plan.accessibleDescription()
    estimate = page.measure._plan[2].estimate
    assert estimate.low_bytes < 0.9 * estimate.total_bytes


def test_the_history_names_the_run_under_the_pointer(page, qtbot):
    records = [record(2, 2.1), record(6, 5.8, "measurement", "Qwen3, QLoRA"), record(9, 9.1)]
    dialog = PeakDialog(page, records, "")
    qtbot.addWidget(dialog)
    dialog.show()
    plot = dialog.plot
    spot = plot._spot(plot._records[1])
    none = Qt.MouseButton.NoButton
    move = QMouseEvent(
        QEvent.Type.MouseMove, spot, spot, none, none, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(plot.viewport(), move)
    assert plot._tip.isVisible()
    assert plot._tip._title == "Qwen3, QLoRA"
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    assert plot._tip._title == "concierge"
    assert "3 peaks were measured" in dialog.accessibleDescription()
    assert "Qwen3, QLoRA: predicted 6.0 GiB, measured 5.8 GiB" in plot.accessibleDescription()


def test_a_history_of_nothing_says_how_it_comes_to_be(page, qtbot):
    click(page, qtbot, "history")
    dialog = page.findChild(PeakDialog)
    assert not dialog.plot.isVisible()
    assert dialog.findChild(EmptyState).accessibleName() == "Nothing is measured yet"
    dialog.reject()


def test_a_record_that_cannot_be_kept_does_not_cost_the_measurement(
    page, measuring, studio, qtbot, tmp_path
):
    (tmp_path / "file").write_text("in the way")
    studio.peaks._path = tmp_path / "file" / "peaks.jsonl"
    use(studio, "answers")
    with qtbot.waitSignal(studio.problem_met, timeout=LIMIT_MS) as met:
        click(page, qtbot)
    assert isinstance(met.args[0], StudioError)
    assert measuring.outcome is not None
