"""How a plot is reached into: the wheel and dragging zoom, double click and 0 show it whole."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QWheelEvent

from studio.ui.look import paint
from studio.ui.look.theme import colors
from studio.ui.train.plotsync import PlotSync

NOTCH = 120
"""What a wheel tells for one notch."""
FACTOR = 0.8
"""Share of the steps that stays in view for one notch."""
LEAST_DRAG = 6
"""Px; a shorter drag is a click."""
MOVES = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
ZOOMS = {Qt.Key.Key_Plus: 0.5, Qt.Key.Key_Equal: 0.5, Qt.Key.Key_Minus: 2.0}


class PlotReach(QObject):
    """Turns the wheel, the mouse and the keys over one plot into wishes to its PlotSync.

    Dragging chooses the steps to look at; with Shift, or the middle button, it moves them. A click
    keeps the crosshair where it is until Esc.
    """

    def __init__(self, plot: pg.PlotWidget, sync: PlotSync) -> None:
        super().__init__(plot)
        self._plot, self._sync = plot, sync
        self._start: QPointF | None = None
        self._panning = False
        self._band: pg.LinearRegionItem | None = None
        plot.installEventFilter(self)
        plot.viewport().installEventFilter(self)

    @property
    def is_dragging(self) -> bool:
        """Whether a button is held over the plot."""
        return self._start is not None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind is QEvent.Type.Wheel and isinstance(event, QWheelEvent):
            return self._wheel(event)
        if kind is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return watched is self._plot and self._key(event)
        if watched is self._plot or not isinstance(event, QMouseEvent):
            return False
        if kind is QEvent.Type.MouseButtonDblClick:
            self._sync.reset()
            return True
        if kind is QEvent.Type.MouseButtonPress:
            return self._press(event)
        if kind is QEvent.Type.MouseMove and self._start is not None:
            return self._drag(event)
        if kind is QEvent.Type.MouseButtonRelease and self._start is not None:
            return self._release(event)
        return False

    def _step_at(self, spot: QPointF) -> float:
        scene = self._plot.mapToScene(spot.toPoint())
        return float(self._plot.getViewBox().mapSceneToView(scene).x())

    def _wheel(self, event: QWheelEvent) -> bool:
        turned = event.angleDelta()
        if abs(turned.x()) > abs(turned.y()):
            low, high = self._sync.view or (0.0, 0.0)
            self._sync.pan(-turned.x() / NOTCH * (high - low) / 10)
        elif turned.y():
            at = self._step_at(event.position())
            self._sync.zoom(FACTOR ** (turned.y() / NOTCH), at)
        event.accept()
        return True

    def _press(self, event: QMouseEvent) -> bool:
        buttons = (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton)
        if event.button() not in buttons:
            return False
        self._plot.setFocus(Qt.FocusReason.MouseFocusReason)
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self._panning = shift or event.button() is Qt.MouseButton.MiddleButton
        self._start = event.position()
        return True

    def _drag(self, event: QMouseEvent) -> bool:
        assert self._start is not None
        if self._panning:
            self._sync.pan(self._step_at(self._start) - self._step_at(event.position()))
            self._start = event.position()
            return True
        if self._band is None:
            c = colors()
            tint = QColor(c.accent)
            tint.setAlphaF(0.14)
            self._band = pg.LinearRegionItem(brush=tint, pen=paint.pen(c.accent), movable=False)
            self._plot.addItem(self._band)
        ends = (self._step_at(self._start), self._step_at(event.position()))
        self._band.setRegion(sorted(ends))
        return True

    def _release(self, event: QMouseEvent) -> bool:
        start, self._start = self._start, None
        if self._band is not None:
            self._plot.removeItem(self._band)
            self._band = None
        assert start is not None
        if self._panning:
            return True
        if abs(event.position().x() - start.x()) >= LEAST_DRAG:
            self._sync.show_range(self._step_at(start), self._step_at(event.position()))
        else:
            self._sync.pick(round(self._step_at(start)))
        return True

    def _key(self, event: QKeyEvent) -> bool:
        key, sync = Qt.Key(event.key()), self._sync
        if key in MOVES:
            return self._move(MOVES[key], event)
        if key in ZOOMS:
            sync.zoom(ZOOMS[key], sync.cross)
        elif key == Qt.Key.Key_0 and sync.is_zoomed:
            sync.reset()
        elif key == Qt.Key.Key_Escape and sync.cross is not None:
            sync.pick(None)
        else:
            return False
        return True

    def _move(self, way: int, event: QKeyEvent) -> bool:
        sync = self._sync
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            low, high = sync.view or (0.0, 0.0)
            sync.pan(way * (high - low) / 4)
            return True
        far = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        sync.set_cross(sync.now if sync.cross is None else sync.cross + way * far)
        return True
