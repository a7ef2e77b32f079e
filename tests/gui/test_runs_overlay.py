"""Curves of several runs over one another: their figures, and which are told apart."""

from __future__ import annotations

import numpy as np
from pytestqt.qtbot import QtBot

from studio.app.studio import Studio
from studio.data.runfiles import summarize
from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.look.theme import Theme
from studio.ui.runs.overlaycard import MOST, OverlayCard
from studio.ui.runs.overlayplot import Curve, OverlayPlot
from tests.helpers.runs import make_run


def test_figures_beside_close_curves_stay_readable(qtbot: QtBot, light: Theme):
    plot = OverlayPlot()
    qtbot.addWidget(plot)
    x = np.array([0.0, 2.0, 4.0])
    plot.show_curves([Curve("close", "leaf", x, 6.0043 + x / 20_000)])
    axis = plot.getAxis("left")
    [words] = [[word for _, word in level] for level in axis._tickLevels]
    assert len(words) == len(set(words)) > 2
    font = fonts.font(Role.CAPTION)
    assert axis.maximumWidth() > max(paint.width(word, font) for word in words) + 8
    plot.show_curves([Curve("one", "leaf", x[:1], x[:1])])
    [steps] = [[word for _, word in level] for level in plot.getAxis("bottom")._tickLevels]
    assert steps == ["0", "1"]


def test_of_a_hundred_runs_some_are_drawn_and_four_are_named(
    qtbot: QtBot, studio: Studio, light: Theme
):
    found = [
        summarize(make_run(studio.workspace, f"2026-11-22-hotel-{n}", title=f"trial {n}"))
        for n in range(MOST + 4)
    ]
    card = OverlayCard(studio.run_curves)
    qtbot.addWidget(card)
    card.show_runs(found)
    assert card.remark.text() == f"the first of {MOST + 4} chosen"
    names = ["trial 0", "trial 1", "trial 2", "trial 3", f"and {MOST - 4} more"]
    assert card.legend.accessibleName() == ", ".join(names)
    qtbot.waitUntil(lambda: card._nothing.text().startswith("No chosen run"))
    card.show_runs(found[:5])
    assert card.remark.text() == ""
    assert card.legend.accessibleName().endswith("trial 3, trial 4")
