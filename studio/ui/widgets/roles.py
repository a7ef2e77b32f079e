"""The roles of our own widgets for screen readers, which would take them for plain panes."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtWidgets import QAccessibleWidget, QWidget

Role = QAccessible.Role
ROLES = {
    "MemoryBar": Role.Chart,
    "Histogram": Role.Chart,
    "Bars": Role.Chart,
    "Columns": Role.Chart,
    "LossPlot": Role.Chart,
    "ChangePlot": Role.Chart,
    "Spark": Role.Chart,
    "PeakMeter": Role.Chart,
    "Meter": Role.ProgressBar,
    "RunLine": Role.ProgressBar,
    "TokenView": Role.Document,
    "TokenLegend": Role.Table,
    "GraftLine": Role.Grouping,
    "Segmented": Role.Grouping,
    "Card": Role.Grouping,
    "Badge": Role.StaticText,
    "Note": Role.Note,
    "Rail": Role.PageTabList,
    "StatusStrip": Role.StatusBar,
    "Toast": Role.AlertMessage,
    "ErrorBanner": Role.AlertMessage,
}
"""By class name. Buttons keep Qt's own interface, which can also press them."""


def install_roles() -> None:
    """Teach Qt the roles; once more changes nothing."""
    QAccessible.installFactory(_interface)


def _interface(name: str, widget: QObject) -> QAccessibleInterface | None:
    """Return the interface of one of our widgets; Qt makes it for all others."""
    role = ROLES.get(name)
    if role is None or not isinstance(widget, QWidget):
        return None
    return QAccessibleWidget(widget, role)
