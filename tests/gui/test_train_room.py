"""The Train page gives its plots the height to be read, whatever is told above them."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from studio.core.events import Evaluated, RunEnded, RunStarted, StepDone
from studio.ui.pages.trainpage import TrainPage
from studio.ui.train.runsheet import PANELS_SMALL
from tests.helpers.liveruns import RUN, Begin, wait_end
from tests.helpers.runs import add_events, make_run

FORGETS = [
    RunStarted(run=RUN, total_steps=20, pid=1),
    Evaluated(step=0, target_loss=3.0, general_loss=2.0, general_accuracy=0.7),
    StepDone(
        step=20,
        loss=1.0,
        learning_rate=1e-4,
        grad_norm=1.0,
        tokens=90,
        trained_tokens=40,
        seconds=1.0,
    ),
    Evaluated(step=20, target_loss=1.0, general_loss=4.0, general_accuracy=0.6),
    RunEnded(outcome="done", run=RUN, step=20, adapter="adapter"),
]


def test_loss_and_change_share_the_height_also_after_the_window_was_lower(
    qtbot: QtBot, train_page: TrainPage, begin: Begin
) -> None:
    wait_end(qtbot, begin("--steps", "20"))
    plots = train_page.run_view.plots
    assert plots is not None
    loss_card = plots.loss.parentWidget()
    for height in (842, 600, 842):
        train_page.resize(1364, height)
        qtbot.waitUntil(
            lambda: abs(loss_card.height() - plots.change_card.height()) <= 1, timeout=5_000
        )


def test_in_a_low_window_the_page_scrolls_and_the_plots_stay_readable(
    qtbot: QtBot, train_page: TrainPage
) -> None:
    studio = train_page._studio
    folder = make_run(studio.workspace, RUN)
    add_events(folder, FORGETS)
    folder.adapter.mkdir()
    train_page.resize(948, 600)
    train_page.set_small(True)
    studio.runs.open(RUN)
    view = train_page.run_view
    qtbot.waitUntil(lambda: view.summary.isVisible() and view.guard_strip.isVisible())
    plots = view.plots
    assert plots is not None
    qtbot.waitUntil(lambda: plots.height() >= PANELS_SMALL, timeout=5_000)
    assert plots._spark_row.isHidden(), "the plots take the height of the small lines"
    assert train_page.height() == 600
    train_page.set_small(False)
    assert not plots._spark_row.isHidden()
