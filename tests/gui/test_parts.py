"""The small parts show text as it is, follow the colours and can be named."""

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QAccessible, QColor, QImage, QPalette
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from studio.core.example import Token, TokenCounts, TokenState
from studio.core.problems import StudioError
from studio.ui.dialogs.frame import Dialog
from studio.ui.look.focusring import FocusRing
from studio.ui.look.theme import Theme, colors, high_contrast
from studio.ui.look.tokens import DARK, LIGHT
from studio.ui.widgets.badge import Badge
from studio.ui.widgets.banner import ErrorBanner
from studio.ui.widgets.card import Card
from studio.ui.widgets.emptystate import EmptyState
from studio.ui.widgets.formrow import FormRow
from studio.ui.widgets.graftline import GraftLine, Kind, LineagePart
from studio.ui.widgets.histogram import Histogram
from studio.ui.widgets.memorybar import MemoryBar
from studio.ui.widgets.memorylegend import MemoryLegend
from studio.ui.widgets.memoryparts import MemoryPart, MemoryPlan
from studio.ui.widgets.meter import Meter, PeakMeter
from studio.ui.widgets.methodcard import MethodCard
from studio.ui.widgets.note import Note
from studio.ui.widgets.parts import Button, Elided, SpinField, label, plain_tip, prose
from studio.ui.widgets.roles import install_roles
from studio.ui.widgets.runline import Progress, RunLine
from studio.ui.widgets.segmented import Segmented
from studio.ui.widgets.toast import Toast
from studio.ui.widgets.tokenlegend import TokenLegend
from studio.ui.widgets.tokenstate import State, spans_of
from studio.ui.widgets.tokenview import TokenView

HOSTILE = "<img src='file:///etc/passwd'><s>gone</s> a & b &lt;"
PLAN = MemoryPlan(
    (
        MemoryPart("Others", "firefox", "others", 0.5),
        MemoryPart("Frozen", "Weights, 4-bit", "weights", 3.0, "1 × 2"),
        MemoryPart("Living", "Adapter", "adapter", 0.2),
    ),
    12.0,
    (3.5, 3.9),
)
TOKENS = [
    Token(1, "<|im_start|>", TokenState.MASKED, special=True),
    Token(2, "user\n", TokenState.MASKED),
    Token(3, "Hello", TokenState.TRAINED),
    Token(4, "<|im_end|>", TokenState.END, special=True),
    Token(5, " lost", TokenState.CUT),
    Token(4, "<|im_end|>", TokenState.CUT, special=True),
]


def picture(widget: QWidget) -> QImage:
    return widget.grab().toImage()


@pytest.mark.parametrize("make", [label, prose, Elided])
def test_labels_never_read_marks_in_text(qtbot: QtBot, light: Theme, make):
    made: QLabel = make(HOSTILE)
    qtbot.addWidget(made)
    assert made.textFormat() is Qt.TextFormat.PlainText
    assert made.text() == HOSTILE


def test_a_tooltip_shows_marks_as_they_are():
    tip = plain_tip(HOSTILE)
    assert "<img" not in tip
    assert "&lt;img" in tip
    assert "&amp;lt;" in tip
    assert plain_tip("") == ""


def test_a_note_and_an_empty_state_show_marks_as_they_are(qtbot: QtBot, light: Theme):
    note, empty = Note(HOSTILE, HOSTILE), EmptyState(HOSTILE, HOSTILE)
    for widget in (note, empty):
        qtbot.addWidget(widget)
    words = [w for w in note.findChildren(QLabel) if w.text()]
    assert len(words) == 1
    assert "<img" not in words[0].text()
    assert all(w.textFormat() is Qt.TextFormat.PlainText for w in empty.findChildren(QLabel))


def test_an_icon_button_has_a_name_and_a_tip(qtbot: QtBot, light: Theme):
    button = Button("Delete row", "delete", "icon")
    qtbot.addWidget(button)
    assert button.accessibleName() == "Delete row"
    assert "Delete row" in button.toolTip()


def test_a_button_changes_its_icon_with_the_colours(qtbot: QtBot, light: Theme):
    button = Button("Go", "play")
    qtbot.addWidget(button)
    before = button.icon().pixmap(20, 16).toImage()
    light.force(Qt.ColorScheme.Dark)
    assert colors() == DARK
    assert button.icon().pixmap(20, 16).toImage() != before


@pytest.mark.parametrize(
    "make",
    [
        lambda: Badge("check", "Done", "good"),
        lambda: _told(MemoryBar(), "set_plan", PLAN),
        lambda: _told(MemoryLegend(), "set_plan", PLAN),
        lambda: _told(Meter("Memory"), "set_shares", 0.4, 0.2),
        lambda: _told(PeakMeter(), "set_values", 6.6, (6.4, 7.0), 6.7, 12.0),
        lambda: _told(Histogram(), "set_values", [20, 30, 30, 90], 64),
        lambda: RunLine(Progress(50, 100, (25, 50, 75), best=25)),
        lambda: _told(TokenView(), "set_tokens", spans_of(TOKENS), 4),
        lambda: _told(TokenLegend(), "set_counts", TokenCounts(1, 2, 3, 4)),
        lambda: MethodCard("QLoRA", "A small branch learns."),
        lambda: Segmented("Kind", "One", "Two"),
        lambda: GraftLine((LineagePart(Kind.DATASET, "d"), LineagePart(Kind.BASE, "b"))),
        lambda: Card("Title", "remark"),
        lambda: Note("Fact.", "What follows."),
    ],
)
def test_a_part_is_drawn_in_light_and_dark_and_differs(qtbot: QtBot, light: Theme, make):
    widget = make()
    qtbot.addWidget(widget)
    widget.resize(400, 120)
    light_picture = picture(widget)
    light.force(Qt.ColorScheme.Dark)
    assert picture(widget) != light_picture


def _told(widget: QWidget, method: str, *args: object) -> QWidget:
    getattr(widget, method)(*args)
    return widget


def test_the_memory_bar_moves_by_arrow_keys_and_says_what_it_marks(qtbot: QtBot, light: Theme):
    bar = MemoryBar()
    qtbot.addWidget(bar)
    bar.set_plan(PLAN)
    assert "fits, with 8.3 to spare" in bar.accessibleDescription()
    told: list[int] = []
    bar.part_chosen.connect(told.append)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Escape):
        qtbot.keyClick(bar, key)
    assert told == [0, 1, 0, -1]
    qtbot.keyClick(bar, Qt.Key.Key_Left)
    qtbot.keyClick(bar, Qt.Key.Key_Left)
    assert "Weights, 4-bit, 3.00 GiB: 1 × 2" in bar.accessibleDescription()


def test_the_memory_bar_survives_a_plan_with_fewer_parts(qtbot: QtBot, light: Theme):
    bar = MemoryBar()
    qtbot.addWidget(bar)
    bar.set_plan(PLAN)
    bar.choose(2)
    bar.set_plan(MemoryPlan(PLAN.parts[:1], 12.0, (0.0, 0.0)))
    assert not picture(bar).isNull()
    bar.set_plan(MemoryPlan((), 0.0, (0.0, 0.0)))
    assert bar.accessibleDescription() == "No prediction yet"
    assert not picture(bar).isNull()


def test_the_memory_legend_keeps_its_rows_while_only_numbers_change(qtbot: QtBot, light: Theme):
    legend = MemoryLegend()
    qtbot.addWidget(legend)
    legend.set_plan(PLAN)
    before = legend.findChildren(QLabel)
    bigger = MemoryPart("Living", "Adapter", "adapter", 0.75)
    legend.set_plan(MemoryPlan((*PLAN.parts[:2], bigger), 12.0, (0.0, 0.0)))
    assert legend.findChildren(QLabel) == before
    assert "0.75" in [w.text() for w in before]


def test_a_token_is_cut_or_an_end_that_is_lost(qtbot: QtBot, light: Theme):
    spans = spans_of(TOKENS)
    assert [s.state for s in spans][2:] == [State.TRAINED, State.END, State.CUT, State.END_CUT]
    view = TokenView()
    qtbot.addWidget(view)
    view.resize(300, 200)
    view.show()
    view.set_tokens(spans, 4)
    assert view.accessibleDescription().startswith("2 tokens masked, 1 tokens trained")
    qtbot.keyClick(view, Qt.Key.Key_End)
    assert "position 5, end of turn, cut" in view.accessibleDescription()
    qtbot.keyClick(view, Qt.Key.Key_Left)
    assert "position 4, cut" in view.accessibleDescription()
    view.set_tokens((), 4)
    assert view.index_at(view.rect().center()) == -1
    assert not picture(view).isNull()


def test_characters_without_a_shape_are_made_visible():
    odd = Token(9, "a\nb\tc\x00\u202ed", TokenState.TRAINED)
    assert spans_of([odd])[0].shown == "a⏎b⇥c␀␣d"


def test_the_histogram_counts_every_row_once_and_moves_its_limit(qtbot: QtBot, light: Theme):
    plot = Histogram()
    qtbot.addWidget(plot)
    assert not picture(plot).isNull()
    lengths = [17, 40, 40, 90, 511]
    plot.set_values(lengths, 96)
    assert sum(plot._counts) == len(lengths)
    assert "1 rows longer" in plot.accessibleDescription()
    with qtbot.waitSignal(plot.limit_chosen) as told:
        qtbot.keyClick(plot, Qt.Key.Key_Right)
    assert told.args == [97]
    plot.set_values([], 96)
    assert not picture(plot).isNull()


@pytest.mark.parametrize("length", [1, 16, 1_000_000])
def test_the_histogram_takes_rows_of_any_length(qtbot: QtBot, light: Theme, length: int):
    plot = Histogram()
    qtbot.addWidget(plot)
    plot.set_values([length] * 3, 512)
    assert sum(plot._counts) == 3
    assert len(plot._counts) < 60


def test_the_run_line_goes_from_bud_to_bud(qtbot: QtBot, light: Theme):
    line = RunLine()
    qtbot.addWidget(line)
    assert line.accessibleDescription() == "Not started"
    assert not picture(line).isNull()
    line.set_progress(Progress(60, 100, (20, 40, 80), best=40))
    assert line.accessibleDescription() == "Step 60 of 100, 2 checkpoints kept, best at step 40"
    qtbot.keyClick(line, Qt.Key.Key_Left)
    qtbot.keyClick(line, Qt.Key.Key_Left)
    with qtbot.waitSignal(line.bud_chosen) as told:
        qtbot.keyClick(line, Qt.Key.Key_Return)
    assert told.args == [20]


def test_the_graft_line_leads_to_pages_and_drops_the_dataset_when_narrow(
    qtbot: QtBot, light: Theme
):
    line = GraftLine()
    qtbot.addWidget(line)
    parts = (
        LineagePart(Kind.DATASET, HOSTILE),
        LineagePart(Kind.BASE, "base"),
        LineagePart(Kind.METHOD, "QLoRA r 16"),
    )
    line.set_parts(parts)
    line.show()
    wide = line.sizeHint().width()
    with qtbot.waitSignal(line.part_chosen) as told:
        qtbot.mouseClick(line._buttons[1], Qt.MouseButton.LeftButton)
    assert told.args == [Kind.BASE]
    assert "<img" not in line._buttons[0].toolTip()
    line.set_small(True)
    assert line.sizeHint().width() < wide
    line.set_parts(parts[1:])
    assert line.parts() == parts[1:]
    assert not picture(line).isNull()


def test_a_form_row_shows_an_error_in_place_of_its_help(qtbot: QtBot, light: Theme):
    field = SpinField(16)
    row = FormRow("Rank", field, "Room in the branch.")
    qtbot.addWidget(row)
    row.set_error("is 0, not from 1 to 1024")
    assert field.accessibleDescription() == "is 0, not from 1 to 1024"
    row.set_error("")
    assert field.accessibleDescription() == "Room in the branch."
    assert field.accessibleName() == "Rank"


def test_a_segment_is_chosen_by_the_keyboard(qtbot: QtBot, light: Theme):
    choice = Segmented("Scale", "Linear", "Log")
    qtbot.addWidget(choice)
    with qtbot.waitActive(choice):
        choice.show()
    first = choice._group.button(0)
    first.setFocus()
    with qtbot.waitSignal(choice.chosen) as told:
        qtbot.keyClick(first, Qt.Key.Key_Right)
    assert told.args == [1]
    assert choice.current() == 1


def test_a_method_card_is_chosen_by_a_click_anywhere(qtbot: QtBot, light: Theme):
    card = MethodCard("DoRA", "Learns a length per column.")
    qtbot.addWidget(card)
    card.show()
    card.set_cost("9.9 GiB", "tight")
    assert "is tight" in card.radio.accessibleDescription()
    qtbot.mouseClick(card, Qt.MouseButton.LeftButton, pos=card.rect().center())
    assert card.radio.isChecked()


def test_the_toast_takes_back_what_was_done_once(qtbot: QtBot, light: Theme):
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(900, 500)
    toast = Toast(window)
    window.show()
    undone: list[int] = []
    toast.say("14 rows deleted", lambda: undone.append(1))
    assert toast.isVisible()
    assert toast.accessibleName() == "14 rows deleted"
    qtbot.mouseClick(toast.undo_button, Qt.MouseButton.LeftButton)
    assert undone == [1]
    assert not toast.isVisible()
    toast.say("Saved")
    assert not toast.undo_button.isVisible()
    toast.close_now()


def test_a_dialog_is_as_high_as_its_words(qtbot: QtBot, light: Theme):
    dialog = Dialog(None, "The workspace /a/long/place/on/some/disk cannot be used." * 2, "Why.")
    qtbot.addWidget(dialog)
    dialog.add_act("Close")
    dialog.show()
    words = [w for w in dialog.findChildren(QLabel) if w.text()]
    assert all(w.height() <= w.heightForWidth(w.width()) + 4 for w in words)


def test_the_banner_says_what_and_why_and_copies_the_details(qtbot: QtBot, light: Theme, qapp):
    banner = ErrorBanner()
    qtbot.addWidget(banner)
    tried: list[int] = []
    problem = StudioError("The disk is full.", HOSTILE, "errno 28")
    banner.show_problem(problem, ("Try again", lambda: tried.append(1)))
    assert banner.isVisible()
    assert all(w.textFormat() is Qt.TextFormat.PlainText for w in banner.findChildren(QLabel))
    qtbot.mouseClick(banner.copy_button, Qt.MouseButton.LeftButton)
    assert qapp.clipboard().text() == f"The disk is full.\n{HOSTILE}\nerrno 28"
    first = banner.findChildren(Button)
    way_out = next(b for b in first if b.text() == "Try again")
    qtbot.mouseClick(way_out, Qt.MouseButton.LeftButton)
    assert tried == [1]
    assert not banner.isVisible()


def test_light_and_dark_change_live(qtbot: QtBot, light: Theme):
    told: list[int] = []
    light.changed.connect(lambda: told.append(1))
    light.force(Qt.ColorScheme.Dark)
    assert colors() == DARK
    light.force(Qt.ColorScheme.Light)
    assert colors() == LIGHT
    assert len(told) >= 2


def test_high_contrast_takes_the_systems_palette_and_drops_tints(qtbot: QtBot, light: Theme):
    system = QPalette()
    system.setColor(QPalette.ColorRole.Base, QColor("#000000"))
    system.setColor(QPalette.ColorRole.Text, QColor("#FFFFFF"))
    system.setColor(QPalette.ColorRole.Highlight, QColor("#FFFF00"))
    made = high_contrast(system)
    assert made.text == made.muted == made.border == "#FFFFFF"
    assert made.surface == made.accent_tint == made.danger_tint == "#000000"
    assert made.accent == made.focus == "#FFFF00"
    assert made.leaf == DARK.leaf


def test_our_widgets_tell_their_role_and_how_they_stand(qtbot: QtBot, light: Theme):
    install_roles()
    bar, line, plain = MemoryBar(), RunLine(Progress(50, 100, ())), QWidget()
    for widget in (bar, line, plain):
        qtbot.addWidget(widget)
    bar.set_plan(PLAN)
    spoken = QAccessible.queryAccessibleInterface(bar)
    assert spoken.role() is QAccessible.Role.Chart
    assert spoken.text(QAccessible.Text.Name) == "Memory"
    assert "fits" in spoken.text(QAccessible.Text.Description)
    assert QAccessible.queryAccessibleInterface(line).role() is QAccessible.Role.ProgressBar
    assert QAccessible.queryAccessibleInterface(plain).role() is QAccessible.Role.Client


def test_the_focus_ring_follows_its_button_and_outlives_it(qtbot: QtBot, light: Theme):
    window, holder = QWidget(), QWidget()
    qtbot.addWidget(window)
    window.resize(400, 300)
    holder.setParent(window)
    first, second = Button("One"), Button("Two")
    for at, button in enumerate((first, second)):
        button.setParent(holder)
        button.setGeometry(20, 20 + 60 * at, 100, 32)
    holder.setGeometry(0, 0, 300, 200)
    ring = FocusRing(window)
    with qtbot.waitActive(window):
        window.show()
    first.setFocus()
    assert ring.isVisible()
    assert ring.geometry().center() == first.geometry().center()
    holder.move(50, 40)
    assert ring.geometry().center() == first.geometry().center() + QPoint(50, 40)
    first.setParent(None)
    first.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    del first
    second.setFocus()
    assert ring.geometry().center() == second.geometry().center() + QPoint(50, 40)
