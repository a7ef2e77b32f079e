"""What all plots of a run share: the step under the crosshair, and the steps that are in view."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

LEAST_STEPS = 8.0
"""A view cannot be narrower."""
View = tuple[float, float]


class PlotSync(QObject):
    """Joins the plots, the small lines and the strip of answers.

    Attributes:
        cross: the step the crosshair is at; None without one.
        picked: the step it goes back to when the pointer leaves; None for none.
        view: the first and last step in view; None for the whole run, however it grows.
        total: steps of the run; set by whoever shows it.
        now: the last step taken.

    Signals:
        crossed(): cross is another step.
        viewed(): view is another one.
    """

    crossed = Signal()
    viewed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.cross: int | None = None
        self.picked: int | None = None
        self.view: View | None = None
        self.total, self.now = 1, 0

    @property
    def is_zoomed(self) -> bool:
        """Whether a part of the run is in view."""
        return self.view is not None

    def set_run(self, now: int, total: int) -> None:
        """Say where the run is."""
        self.now, self.total = now, max(total, now, 1)

    def set_cross(self, step: int | None) -> None:
        """Move the crosshair of all plots to a step, or take it away."""
        step = None if step is None else max(0, min(self.now, step))
        if step != self.cross:
            self.cross = step
            self.crossed.emit()

    def pick(self, step: int | None) -> None:
        """Keep the crosshair at a step, or nowhere."""
        self.picked = None if step is None else max(0, min(self.now, step))
        self.set_cross(self.picked)

    def leave(self) -> None:
        """Put the crosshair back to the step that was picked."""
        self.set_cross(self.picked)

    def zoom(self, factor: float, at: float | None = None) -> None:
        """Show fewer steps (factor below 1) or more, with the step ``at`` staying in its place."""
        low, high = self.view or (0.0, float(self.total))
        middle = (low + high) / 2 if at is None else max(low, min(high, at))
        self._set_view(middle - (middle - low) * factor, middle + (high - middle) * factor)

    def pan(self, steps: float) -> None:
        """Show later steps, or earlier ones (below 0)."""
        if self.view is not None:
            low, high = self.view
            steps = max(-low, min(self.total - high, steps))
            self._set_view(low + steps, high + steps)

    def show_range(self, low: float, high: float) -> None:
        """Show the steps between two."""
        self._set_view(min(low, high), max(low, high))

    def reset(self) -> None:
        """Show the whole run."""
        self._take(None)

    def _set_view(self, low: float, high: float) -> None:
        least = min(LEAST_STEPS, float(self.total))
        if high - low < least:
            middle = (low + high) / 2
            low, high = middle - least / 2, middle + least / 2
        if low < 0:
            low, high = 0.0, high - low
        if high > self.total:
            low, high = max(0.0, low - (high - self.total)), float(self.total)
        self._take(None if low <= 0 and high >= self.total else (low, high))

    def _take(self, view: View | None) -> None:
        if view != self.view:
            self.view = view
            self.viewed.emit()
