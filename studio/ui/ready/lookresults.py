"""What a look at an adapter found: in words, figures, answers to other questions, the rule."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.core.readiness import Outside, OutsideAnswer, Readiness
from studio.core.readinesswords import HEADS, about, findings, table
from studio.core.routing import Routing
from studio.core.units import percent
from studio.data.readiness import ReadinessSummary
from studio.ui.look.tokens import GAP_CARD, HEIGHT_ROW
from studio.ui.ready.rulecard import RuleCard
from studio.ui.widgets.card import Card
from studio.ui.widgets.cells import Cell
from studio.ui.widgets.lists import Rows, RowTable
from studio.ui.widgets.note import Note
from studio.ui.widgets.parts import fill, scroller

SHOWN_ROWS = 8
ONE_LINE = 160
WIDTH_NAME, WIDTH_WHO, WIDTH_ALIKE = 170, 110, 104
ANSWER_HEADS = ("Question", "Base", "Adapter", "Same words", "The rule's")


class LookResults(QWidget):
    """Scrolls up and down; owned by the pane."""

    def __init__(self) -> None:
        super().__init__()
        self.notes = QVBoxLayout()
        fill(self.notes, gap=8)
        self._figures = Rows(HEADS)
        self.figures = _table("Figures", self._figures, {0: WIDTH_NAME})
        self.figure_card = Card("Speed and memory", " ")
        self.figure_card.body.addWidget(self.figures)
        self._answers = Rows(ANSWER_HEADS)
        widths = {3: WIDTH_ALIKE, 4: WIDTH_WHO}
        self.answers = _table("Answers to general questions", self._answers, widths)
        self.answers.setFixedHeight(HEIGHT_ROW * (SHOWN_ROWS + 1) + 4)
        self.answer_card = Card("Outside the domain", " ")
        self.answer_card.body.addWidget(self.answers)
        self.rule = RuleCard()
        body = QWidget()
        cards = (self.figure_card, self.answer_card, self.rule)
        fill(QVBoxLayout(body), self.notes, *cards, None, gap=GAP_CARD)
        fill(QVBoxLayout(self), scroller(body, wraps=True))

    def show_look(self, summary: ReadinessSummary) -> None:
        """Show what was found."""
        found = summary.found
        self._show_notes(found)
        rows = table(found)
        self.figure_card.setVisible(bool(rows))
        self.figure_card.remark.setText(about(found.speeds) if found.speeds else "")
        self._figures.set_rows([tuple(Cell(text, tip=text) for text in row) for row in rows])
        self.figures.setFixedHeight(HEIGHT_ROW * (len(rows) + 1) + 4)
        self._show_answers(found.outside, found.routing)
        self.rule.show_routing(found.routing)

    def _show_notes(self, found: Readiness) -> None:
        while self.notes.count():
            item = self.notes.takeAt(0)
            if item is not None and (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for said in findings(found):
            self.notes.addWidget(Note(said.fact, said.why, tone=said.tone))

    def _show_answers(self, outside: Outside | None, routing: Routing | None) -> None:
        answers = outside.answers if outside is not None else ()
        self.answer_card.setVisible(bool(answers))
        if outside is None:
            return
        first = sorted(answers, key=lambda one: (one.adapter_right - one.base_right, one.alike))
        self._answers.set_rows([_row(one, routing) for one in first])
        left = f" · {outside.left_out:,} are training rows and left out" if outside.left_out else ""
        self.answer_card.remark.setText(
            f"{len(answers):,} general questions, lost ones first{left}"
        )


def _table(name: str, rows: Rows, widths: dict[int, int]) -> RowTable:
    made = RowTable(name, rows, widths)
    rows.setParent(made)
    made.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return made


def _row(one: OutsideAnswer, routing: Routing | None) -> tuple[Cell, ...]:
    adapter = routing is None or routing.rule.keeps(one.question)
    return (
        Cell(_one_line(one.question), tip=one.question),
        _answer(one.base, one.base_right),
        _answer(one.adapter, one.adapter_right),
        Cell(percent(one.alike)),
        Cell("–" if routing is None else "adapter" if adapter else "base", tone="muted"),
    )


def _answer(text: str, right: bool) -> Cell:
    mark, tone = ("✓", "text") if right else ("✕", "muted")
    return Cell(f"{mark} {_one_line(text)}", tone=tone, tip=text)


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= ONE_LINE else f"{line[:ONE_LINE]}…"
