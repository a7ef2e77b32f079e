"""The plots of a run in their cards; importing this loads pyqtgraph, which takes a while."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from studio.app.runstore import RunStore
from studio.app.studio import Studio
from studio.ui.look import fonts, tokens
from studio.ui.train.changecard import ChangeCard
from studio.ui.train.changeplot import ChangePlot
from studio.ui.train.curvedata import RunCurves, run_curves
from studio.ui.train.happenings import happenings_of
from studio.ui.train.lossplot import LossPlot
from studio.ui.train.plotmenu import PlotMenu, fill_compare
from studio.ui.train.plotsync import PlotSync
from studio.ui.train.readingcard import ReadingCard
from studio.ui.train.readings import READINGS, Reading, reading_curve
from studio.ui.train.spark import Spark
from studio.ui.train.tradeoffplot import TradeoffPlot
from studio.ui.widgets.card import Card
from studio.ui.widgets.parts import Button, fill
from studio.ui.widgets.plotstyle import Legend
from studio.ui.widgets.segmented import Segmented

LOOK_MS = 16
"""Between two drawings while the user zooms or moves."""
COMPARE = 22
"""Characters of the compared run's title on its button."""


class PlotCards(QWidget):
    """Loss, what was gained or a reading in full, and four readings small.

    Making it makes nothing yet: ``pieces`` does, so that a window can do it between two frames.
    """

    def __init__(self, studio: Studio, sync: PlotSync) -> None:
        super().__init__()
        self._studio, self.sync = studio, sync
        self._store: RunStore | None = None
        self._curves = RunCurves()
        self._legends: list[QWidget] = []
        self.redraws = 0
        """How often the plots were filled; tests count it."""
        self._looking = QTimer(self, singleShot=True, interval=LOOK_MS)
        self._looking.timeout.connect(self._on_looked)

    def pieces(self) -> Iterator[None]:
        """Make the plots and their cards, one at a time; nothing may be shown before the last."""
        self.loss = LossPlot(self._elapsed_at, self.sync)
        yield
        loss_card = self._loss_card()
        yield
        change = ChangePlot(self.sync)
        yield
        tradeoff = TradeoffPlot(self.sync)
        yield
        self.change_card = ChangeCard(self._studio, change, tradeoff)
        self.change = self.change_card.plot
        yield
        self.reading_card = ReadingCard(self._studio, self.sync)
        yield
        self.sparks: list[Spark] = []
        for reading in READINGS:
            self.sparks.append(Spark(reading, self.sync))
            yield
        self._build(loss_card)
        self.sync.viewed.connect(self._on_viewed)
        self._studio.others.changed.connect(self._on_other_changed)

    def _build(self, loss_card: Card) -> None:
        self._second = QStackedWidget()
        self._second.addWidget(self.change_card)
        self._second.addWidget(self.reading_card)
        self.reading_card.close_button.clicked.connect(lambda: self.open_reading(None))
        self._plots = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        fill(self._plots, gap=tokens.GAP_CARD)
        for card in (loss_card, self._second):
            self._plots.addWidget(card, 1)
        column = QVBoxLayout(self)
        fill(column, gap=tokens.GAP_CARD)
        column.addLayout(self._plots, 1)
        self._spark_row = QWidget()
        self._spark_row.setLayout(self._make_sparks())
        column.addWidget(self._spark_row)

    @property
    def menus(self) -> tuple[PlotMenu, ...]:
        """The menus of all plots."""
        return (self.loss_menu, *self.change_card.menus, self.reading_card.menu)

    def set_small(self, small: bool) -> None:
        """Put the plots side by side, without legends."""
        for part in self._legends:
            part.setVisible(not small)
        self.change_card.set_small(small)
        directions = QBoxLayout.Direction
        self._plots.setDirection(directions.LeftToRight if small else directions.TopToBottom)

    def set_tight(self, tight: bool) -> None:
        """Leave the small lines out, where the plots would have no height beside them."""
        self._spark_row.setVisible(not tight)

    # drawing

    def show_curves(self, store: RunStore) -> None:
        """Draw the loss of a run as it stands."""
        if store is not self._store:
            self._store = store
            self.sync.pick(None)
            self.sync.reset()
        self.redraws += 1
        state = store.state
        self.sync.set_run(state.step, max(state.total_steps, state.step))
        self._curves = run_curves(
            store.history,
            state,
            store.kept,
            self.sync.view,
            self._studio.others.current,
            happenings_of(store.history, store.recipe),
        )
        self.loss.show_curves(self._curves)

    def show_second(self, store: RunStore) -> None:
        """Draw the plot below the loss, with the curves that the loss was drawn from."""
        if self._second.currentWidget() is self.change_card:
            self.change_card.show_run(store, self._curves)
        else:
            self._draw_reading(store)

    def show_all(self, store: RunStore) -> None:
        """Draw everything at once."""
        for draw in (self.show_curves, self.show_second, self.show_readings):
            draw(store)

    def show_readings(self, store: RunStore) -> None:
        """Draw the four small lines of a run as it stands."""
        for spark in self.sparks:
            spark.show_curve(reading_curve(spark.reading, store, self.sync.view))

    def _draw_reading(self, store: RunStore) -> None:
        reading, other = self.reading_card.reading, self._studio.others.current
        curve = reading_curve(reading, store, self.sync.view, other)
        self.reading_card.show_reading(curve, self._curves)

    def open_reading(self, reading: Reading | None) -> None:
        """Show a reading in full below the loss, or what was gained."""
        for spark in self.sparks:
            spark.setChecked(spark.reading is reading)
        if reading is not None:
            self.reading_card.set_reading(reading)
        self._second.setCurrentWidget(self.change_card if reading is None else self.reading_card)
        if self._store is not None:
            self.show_all(self._store)

    def _elapsed_at(self, step: float) -> float:
        return self._store.history.elapsed_at(step) if self._store is not None else 0.0

    def _on_viewed(self) -> None:
        self.whole_button.setVisible(self.sync.is_zoomed)
        self._looking.start()

    def _on_looked(self) -> None:
        if self._store is not None and self.isVisible():
            self.show_all(self._store)

    def _on_other_changed(self) -> None:
        other = self._studio.others.current
        words = "Compare" if other is None else f"Behind: {other.title[:COMPARE]}"
        self.compare_button.setText(words.replace("&", "&&"))
        self._looking.start()

    # cards

    def _loss_card(self) -> Card:
        self.scale = Segmented("Scale", "Linear", "Log", height=24)
        self.scale.chosen.connect(lambda index: self.loss.set_log(index == 1))
        self.whole_button = Button("Show the whole run (0)", "reset", "icon")
        self.whole_button.clicked.connect(self.sync.reset)
        self.whole_button.hide()
        self.more_button = Button("More for this plot", "more", "icon")
        card = Card(
            "Loss", "", self.whole_button, self._make_compare(), self.scale, self.more_button
        )
        self.loss_menu = PlotMenu(self._studio, self.loss, card)
        self.more_button.setMenu(self.loss_menu)
        legend = Legend(("lake", "training, raw and smoothed"), ("leaf", "held-out rows"))
        row = card.header.layout()
        assert isinstance(row, QHBoxLayout)
        row.insertWidget(1, legend)
        row.insertSpacing(1, 6)
        self._legends += [legend, self.compare_button]
        card.body.addLayout(fill(QVBoxLayout(), self.loss, edge=(2, 6, 2, 6)))
        return card

    def _make_compare(self) -> Button:
        self.compare_button = Button("Compare", "compare", "quiet", compact=True, drop=True)
        menu = QMenu(self.compare_button)
        menu.setFont(fonts.font())
        menu.aboutToShow.connect(lambda: fill_compare(menu, self._studio))
        self.compare_button.setMenu(menu)
        return self.compare_button

    def _make_sparks(self) -> QHBoxLayout:
        made = QHBoxLayout()
        fill(made, gap=tokens.GAP_CARD)
        for spark in self.sparks:
            spark.clicked.connect(self._on_spark_clicked)
            made.addWidget(spark, 1)
        return made

    def _on_spark_clicked(self, opened: bool) -> None:
        spark = self.sender()
        if isinstance(spark, Spark):
            self.open_reading(spark.reading if opened else None)
