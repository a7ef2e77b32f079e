"""A plot over the steps of a run whose height may be logarithmic, and may leave outliers outside."""

from __future__ import annotations

import numpy as np

from studio.ui.train.curvedata import Floats, Points, log_scaled
from studio.ui.train.plotsync import PlotSync
from studio.ui.train.runplot import RunPlot

NAME = 28
"""Characters of another run's name beside the crosshair."""
_FEW = 50
"""So many values decide the scale whatever they are."""


class ScaledPlot(RunPlot):
    """A plot with a choice of its scale."""

    shows_marks = True

    def __init__(self, name: str, sync: PlotSync) -> None:
        self._log, self._clip = False, True
        super().__init__(name, sync)

    @property
    def clips(self) -> bool:
        """Whether outliers may lie outside the scale."""
        return self._clip

    def set_log(self, log: bool) -> None:
        """Take the logarithmic scale, or leave it."""
        self._log = log
        self.show_curves(self.curves)

    def set_clip(self, clip: bool) -> None:
        """Let the scale follow most of the values, or all of them."""
        self._clip = clip
        self.show_curves(self.curves)

    def scaled(self, points: Points) -> Points:
        """Return points as high as they are drawn."""
        return Points(points.x, log_scaled(points.y)) if self._log else points

    def deciding(self, values: Floats, share: float) -> Floats:
        """Return the values that decide the scale: the finite ones, outliers drawn in.

        Args:
            values: (N,), as high as they are drawn.
            share: of the values that is no outlier.
        """
        finite = values[np.isfinite(values)]
        if self._clip and len(finite) > _FEW:
            return np.clip(finite, *np.quantile(finite, [1 - share, share]))
        return finite
