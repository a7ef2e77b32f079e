"""A real run at a harsh rate forgets; the page shows it, and one press prepares the way back."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from studio.app.studio import Studio
from studio.core.events import RunEnded
from studio.data.recipefile import read_recipe
from studio.ui.look.theme import Theme
from studio.ui.pages.trainpage import TrainPage
from tests.helpers.fakeengine import fake_command
from tests.helpers.guardedruns import FAST, NARROW, work
from tests.helpers.runfolders import make_run
from tests.helpers.runs import add_events

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning"),
]


def test_a_harsh_rate_shows_the_curve_the_strip_and_the_way_back(
    qtbot: QtBot, studio: Studio, light: Theme, schooled: Path
) -> None:
    run = make_run(
        studio.workspace.path,
        schooled,
        NARROW,
        tables={"guard": FAST | {"tolerance": 0.2}},
        learning_rate=1e-2,
        warmup_steps=8,
        scheduler="constant_with_warmup",
        max_steps=14,
        rank=16,
        eval_steps=2,
        save_steps=2,
        keep_checkpoints=10,
    )
    assert work(run).outcome == "done"
    add_events(run, [RunEnded(outcome="done", run=run.id, step=14, adapter="adapter")])
    page = TrainPage(studio)
    qtbot.addWidget(page)
    page.resize(1364, 842)
    page.show()
    page.shown()
    page.warm()
    studio.runs.open(run.id)
    store = studio.runs.current
    assert store is not None
    qtbot.waitUntil(lambda: store.is_loaded, timeout=20_000)
    page.run_view.redraw()
    assert page.run_view.plots is not None
    card, strip = page.run_view.plots.change_card, page.run_view.guard_strip
    assert [p.step for p in card.guard.points] == list(range(0, 15, 2))
    assert card.plot.forgotten._general.getData()[1][-1] < -0.2 * card.plot.times
    assert strip.isVisible()
    within = max(p.step for p in card.guard.points if p.step and p.lost <= 0.2)
    studio.runs._command = fake_command("--steps", "10", "--pace", "0.01")
    with qtbot.waitSignal(studio.runs.opened, timeout=30_000):
        qtbot.mouseClick(strip.buttons[0], Qt.MouseButton.LeftButton)
    made = studio.runs.current
    assert made is not None
    assert made.run != run.id
    recipe = read_recipe(made.folder.recipe)
    assert recipe.guard.replay == 0.2
    assert Path(recipe.start_from) == run.checkpoint(within)
    assert made.folder.rows.read_bytes() == run.rows.read_bytes()
    qtbot.waitUntil(lambda: not made.alive and made.is_loaded, timeout=30_000)
    page.hidden()
