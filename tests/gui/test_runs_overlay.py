"""Curves of several runs over one another: their figures, and which are told apart."""

from __future__ import annotations

import numpy as np
from pytestqt.qtbot import QtBot

from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.look.theme import Theme
from studio.ui.runs.overlayplot import Curve, OverlayPlot


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
