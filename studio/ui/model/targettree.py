"""The linear layers of an architecture as a tree with boxes: attention, MLP, and their parts."""

from __future__ import annotations

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSignalBlocker,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QHeaderView,
    QItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
)

from studio.core.modelshape import Linear, ModelShape
from studio.core.targets import ATTENTION, FUSED, targeted
from studio.core.units import count
from studio.ui.look import fonts, paint
from studio.ui.look.icons import paint_icon
from studio.ui.look.theme import colors

HEADS = ("Layer", "In × out", "Weights")
ON, OFF = Qt.CheckState.Checked, Qt.CheckState.Unchecked
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
HEIGHT, BOX = 26, 15


class TickDelegate(QItemDelegate):
    """Paints boxes in the look's own drawing."""

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(super().sizeHint(option, index).width() + 10, HEIGHT)

    def drawCheck(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        rect: QRect,
        state: Qt.CheckState,
    ) -> None:
        if not rect.isValid():
            return
        c, middle = colors(), QRectF(rect).center()
        spot = QRectF(middle.x() - BOX / 2, middle.y() - BOX / 2, BOX, BOX)
        painter.save()
        paint.smooth(painter)
        painter.setPen(paint.pen(c.border_strong if state == OFF else c.accent, 1.4))
        painter.setBrush(QColor(c.accent if state == ON else c.surface))
        painter.drawRoundedRect(spot, 3, 3)
        if state == ON:
            paint_icon(painter, "check", spot.adjusted(1, 1, -1, -1), c.on_accent)
        elif state != OFF:
            painter.fillRect(QRectF(middle.x() - 4, middle.y() - 1, 8, 2), QColor(c.accent))
        painter.restore()


class TargetTree(QTreeWidget):
    """Boxes of one model's layers; Space ticks, a group ticks all that is in it.

    Signals:
        edited(): other layers are ticked.
    """

    edited = Signal()

    def __init__(self, shape: ModelShape) -> None:
        super().__init__()
        self._shape = shape
        self.setAccessibleName("Layers that are trained")
        self.setHeaderLabels(HEADS)
        self.setRootIsDecorated(True)
        self.setUniformRowHeights(True)
        self.setItemDelegate(TickDelegate(self))
        self._leaves: dict[str, QTreeWidgetItem] = {}
        for title, inside in (("Attention", True), ("MLP", False)):
            linears = [linear for linear in shape.linears if is_attention(linear) == inside]
            if linears:
                self._add_group(title, linears)
        self.expandAll()
        head = self.header()
        head.setStretchLastSection(False)
        head.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2):
            head.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self.itemChanged.connect(self._on_item_changed)

    def _add_group(self, title: str, linears: list[Linear]) -> None:
        weights = self._shape.layers * sum(linear.weights for linear in linears)
        group = QTreeWidgetItem(self, [title, "", count(weights)])
        group.setFont(0, fonts.font(weight=fonts.MEDIUM))
        group.setFlags(group.flags() | Qt.ItemFlag.ItemIsAutoTristate)
        for linear in linears:
            size = f"{linear.rows_in:,} × {linear.rows_out:,}"
            total = count(self._shape.layers * linear.weights)
            leaf = QTreeWidgetItem(group, [linear.name, size, total])
            leaf.setFlags(leaf.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            leaf.setCheckState(0, OFF)
            if linear.name in FUSED:
                leaf.setToolTip(0, f"{', '.join(FUSED[linear.name])} in one")
            self._leaves[linear.name] = leaf
            for column in (1, 2):
                leaf.setTextAlignment(column, RIGHT)
        group.setTextAlignment(2, RIGHT)

    def _on_item_changed(self, _item: QTreeWidgetItem, column: int) -> None:
        if column == 0:
            self.edited.emit()

    def tick(self, names: set[str]) -> None:
        """Tick these layers and no others; tells once."""
        with QSignalBlocker(self):
            for name, leaf in self._leaves.items():
                leaf.setCheckState(0, ON if name in names else OFF)
        self.viewport().update()
        self.edited.emit()

    def tick_targets(self, targets: str) -> None:
        """Tick what a targets setting names.

        Raises:
            RecipeError: it names what is no layer of this model, or nothing.
        """
        self.tick({linear.name for linear in targeted(self._shape, targets)})

    @property
    def names(self) -> tuple[str, ...]:
        """The ticked layers, in the model's order."""
        return tuple(name for name, leaf in self._leaves.items() if leaf.checkState(0) == ON)

    @property
    def targets(self) -> str:
        """What is ticked, as the setting; a group by its name, nothing as empty."""
        ticked = set(self.names)
        for group in ("all-linear", "attention", "mlp"):
            if ticked and ticked == group_names(self._shape, group):
                return group
        return ", ".join(self.names)


def is_attention(linear: Linear) -> bool:
    """Whether a layer belongs to attention, by its name or by what is fused in it."""
    names = FUSED.get(linear.name, (linear.name,))
    return bool(set(names) & set(ATTENTION))


def group_names(shape: ModelShape, group: str) -> set[str]:
    """Return the names of a group's layers in a model: all-linear, attention or mlp."""
    wanted = {"all-linear": (True, False), "attention": (True,), "mlp": (False,)}[group]
    return {linear.name for linear in shape.linears if is_attention(linear) in wanted}
