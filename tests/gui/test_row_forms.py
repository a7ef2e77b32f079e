"""The forms of the four kinds of row, with a real page and a real dataset."""

from __future__ import annotations

import json
from collections.abc import Sequence
from threading import Event

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from studio.app.datasetdocument import DatasetDocument
from studio.app.studio import Studio
from studio.core.example import Conversation, Example, Kind, Preference, Text, Triple, turns_of
from studio.data.store import Dataset, Row
from studio.ui.data.conversationform import ConversationForm
from studio.ui.data.preferenceform import PreferenceForm
from studio.ui.data.turnbubble import TurnBubble
from studio.ui.data.turnseditor import PAGE
from studio.ui.look.theme import Theme
from studio.ui.pages.datapage import DataPage

CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
HOSTILE = "<img src='file:///nowhere/red.png'><s>struck</s><table><tr><td> \u202etxt.exe <s>"
TURNS = (
    {"role": "user", "content": "Is the boat still going?"},
    {"role": "assistant", "content": None, "tool_calls": [{"name": "timetable"}]},
    {"role": "tool", "content": "21:10", "tool_call_id": "1"},
    {"role": "assistant", "content": "Yes, at 21:10."},
)


@pytest.fixture
def page(data_page: DataPage) -> DataPage:
    return data_page


def fill(studio: Studio, page: DataPage, kind: Kind, *examples: Example) -> DatasetDocument:
    """Make a dataset of a kind, open it, and take its first row in hand."""
    path = studio.workspace.dataset("rows")
    with Dataset.create(path, kind) as data:
        data.insert(0, examples)
    studio.datasets.open("rows")
    document = studio.datasets.current
    assert document is not None
    page.table.go_to(0)
    return document


def first(document: DatasetDocument) -> Row:
    return document.row(int(document.ids[0]))


def said(document: DatasetDocument) -> list[tuple[str, str]]:
    turns = turns_of(first(document).text("messages"))
    return [(turn["role"], turn.get("content") or "") for turn in turns]


def bubbles(page: DataPage) -> list[TurnBubble]:
    form = page.record.form
    assert isinstance(form, ConversationForm)
    return [bubble for bubble in form.turns.editor.bubbles if not bubble.isHidden()]


@pytest.fixture
def talk(page: DataPage, studio: Studio) -> DatasetDocument:
    return fill(
        studio,
        page,
        Kind.CONVERSATION,
        Conversation(TURNS, ({"name": "timetable"},)),
        Conversation(({"role": "user", "content": HOSTILE},)),
    )


def test_a_conversation_is_shown_turn_by_turn(page: DataPage, talk: DatasetDocument) -> None:
    shown = bubbles(page)
    assert [b.role_field.currentText() for b in shown] == ["user", "assistant", "tool", "assistant"]
    assert [b.field.text() for b in shown] == [
        "Is the boat still going?",
        "",
        "21:10",
        "Yes, at 21:10.",
    ]
    assert [not b.calls.isHidden() for b in shown] == [False, True, False, False]
    assert shown[2].rest.text() == "tool_call_id: 1"


def test_what_is_typed_in_turns_is_one_step_each_and_keeps_the_rest(
    qtbot: QtBot, page: DataPage, talk: DatasetDocument
) -> None:
    field = bubbles(page)[3].field
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_End)
    QTest.keyClicks(field, " A")
    qtbot.waitUntil(lambda: said(talk)[3][1].endswith(" A"))
    QTest.keyClicks(field, "ll")
    qtbot.waitUntil(lambda: said(talk)[3][1].endswith(" All"))
    other = bubbles(page)[0].field
    other.setFocus()
    QTest.keyClicks(other, "X")
    other.clearFocus()
    page.record.flush()
    assert said(talk)[0][1] == "XIs the boat still going?"
    assert turns_of(first(talk).text("messages"))[1] == TURNS[1]
    page.undo()
    page.undo()
    assert turns_of(first(talk).text("messages")) == TURNS
    assert field.text() == "Yes, at 21:10."


STEPS: list[tuple[str, int, Qt.Key, Qt.KeyboardModifier, list[str]]] = [
    ("Add a turn", 0, Qt.Key.Key_Return, CTRL, ["q", "", "a", "b"]),
    ("Split turn 2", 1, Qt.Key.Key_Return, CTRL | SHIFT, ["q", "", "a", "b"]),
    ("Merge turns 2 and 3", 1, Qt.Key.Key_M, CTRL | SHIFT, ["q", "a\nb"]),
    ("Move turn 2 up", 1, Qt.Key.Key_Up, ALT, ["a", "q", "b"]),
    ("Move turn 2 down", 1, Qt.Key.Key_Down, ALT, ["q", "b", "a"]),
    ("Delete turn 2", 1, Qt.Key.Key_Backspace, CTRL | SHIFT, ["q", "b"]),
]


@pytest.mark.parametrize(("name", "at", "key", "modifiers", "after"), STEPS, ids=lambda v: str(v))
def test_turns_are_changed_by_keyboard_each_as_a_step(
    page: DataPage,
    studio: Studio,
    name: str,
    at: int,
    key: Qt.Key,
    modifiers: Qt.KeyboardModifier,
    after: Sequence[str],
) -> None:
    turns = tuple(
        {"role": r, "content": c} for r, c in (("user", "q"), ("assistant", "a"), ("user", "b"))
    )
    document = fill(studio, page, Kind.CONVERSATION, Conversation(turns))
    field = bubbles(page)[at].field
    field.setFocus()
    QTest.keyClick(field, key, modifiers)
    assert [text for _, text in said(document)] == list(after)
    assert document.undo_text == name
    assert isinstance(QApplication.focusWidget(), QPlainTextEdit)
    page.undo()
    assert turns_of(first(document).text("messages")) == turns
    assert [bubble.field.text() for bubble in bubbles(page)] == ["q", "a", "b"]
    page.redo()
    assert [text for _, text in said(document)] == list(after)


def test_a_turn_is_split_where_the_cursor_is_whatever_stands_before(
    page: DataPage, studio: Studio
) -> None:
    turns = ({"role": "user", "content": "a😀\r\nb\r\nc"},)
    document = fill(studio, page, Kind.CONVERSATION, Conversation(turns))
    field = bubbles(page)[0].field
    cursor = field.textCursor()
    cursor.setPosition(5)  # in UTF-16 units, a line end is one: before the b's line end
    field.setTextCursor(cursor)
    QTest.keyClick(field, Qt.Key.Key_Return, CTRL | SHIFT)
    assert said(document) == [("user", "a😀\r\nb"), ("assistant", "\r\nc")]


def test_what_is_being_typed_goes_along_when_a_turn_is_moved(
    page: DataPage, talk: DatasetDocument
) -> None:
    field = bubbles(page)[0].field
    QTest.keyClicks(field, "X")
    QTest.keyClick(field, Qt.Key.Key_Down, ALT)
    assert said(talk)[1] == ("user", "XIs the boat still going?")
    page.undo()
    assert said(talk)[0] == ("user", "XIs the boat still going?")
    page.undo()
    assert turns_of(first(talk).text("messages")) == TURNS


def test_a_role_is_chosen_and_a_system_turn_added(page: DataPage, talk: DatasetDocument) -> None:
    form = page.record.form
    assert isinstance(form, ConversationForm)
    bubbles(page)[0].role_field.textActivated.emit("system")
    assert said(talk)[0][0] == "system"
    assert form.turns.editor.system_button.isHidden()
    page.undo()
    form.turns.editor.system_button.click()
    assert said(talk)[0] == ("system", "")
    assert bubbles(page)[0].field.hasFocus()
    page.undo()
    assert turns_of(first(talk).text("messages")) == TURNS


def test_a_role_nobody_knows_is_kept_and_shown(page: DataPage, studio: Studio) -> None:
    odd = ({"role": "observer", "content": "x"}, {"role": "user", "content": "y"})
    fill(studio, page, Kind.CONVERSATION, Conversation(odd))
    roles = [bubble.role_field for bubble in bubbles(page)]
    assert [role.currentText() for role in roles] == ["observer", "user"]
    assert [role.findText("observer") >= 0 for role in roles] == [True, False]


def test_tools_that_are_no_json_are_told_at_the_line_and_not_saved(
    page: DataPage, talk: DatasetDocument
) -> None:
    form = page.record.form
    assert isinstance(form, ConversationForm)
    form.tools_button.setChecked(True)
    field = form.tools.field
    field.setFocus()
    field.moveCursor(QTextCursor.MoveOperation.End)
    QTest.keyClick(field, Qt.Key.Key_Return)
    QTest.keyClicks(field, "{")
    page.record.flush()
    assert (
        form.tools.fault == "Not saved. Line 6: there is more after the end of the row at column 1."
    )
    assert page.record.foot.words == "Not saved"
    assert first(talk).text("tools") == '[{"name": "timetable"}]'
    QTest.keyClick(field, Qt.Key.Key_Backspace)
    field.selectAll()
    QTest.keyClicks(field, '[{"name": "clock"}]')
    page.record.flush()
    assert json.loads(first(talk).text("tools")) == [{"name": "clock"}]
    assert page.record.foot.words == "Saved"


def test_json_that_is_left_unfinished_is_told_when_the_row_is_left(
    qtbot: QtBot, page: DataPage, studio: Studio, talk: DatasetDocument
) -> None:
    form = page.record.form
    assert isinstance(form, ConversationForm)
    form.tools_button.setChecked(True)
    QTest.keyClicks(form.tools.field, "x")
    with qtbot.waitSignal(studio.said) as told:
        page.record.after_button.click()
    assert told.args[0] == "What was typed in tools could not be saved and is gone"


def test_a_call_that_is_no_json_spoils_no_turn_when_others_are_moved_or_undone(
    page: DataPage, talk: DatasetDocument
) -> None:
    QTest.keyClicks(bubbles(page)[1].calls.field, "x")
    page.record.flush()
    assert page.record.foot.words == "Not saved"
    QTest.keyClick(bubbles(page)[3].field, Qt.Key.Key_Up, ALT)
    assert [role for role, _ in said(talk)] == ["user", "assistant", "assistant", "tool"]
    assert [b.role_field.currentText() for b in bubbles(page)] == [r for r, _ in said(talk)]
    QTest.keyClicks(bubbles(page)[1].calls.field, "x")
    page.undo()
    assert turns_of(first(talk).text("messages")) == TURNS
    assert [bubble.field.text() for bubble in bubbles(page)][2:] == ["21:10", "Yes, at 21:10."]


def test_what_could_not_be_saved_is_tried_again_when_the_row_is_left(
    page: DataPage, studio: Studio, qtbot: QtBot
) -> None:
    document = fill(studio, page, Kind.TRIPLE, Triple("a"), Triple("b"))
    done: list[bool] = []
    document.bulk_ended.connect(lambda _: done.append(True))
    go = Event()

    def wait(*_: object) -> None:
        go.wait(20)

    document.run_bulk("Wait", wait)
    field = page.record.fields["instruction"]
    QTest.keyClicks(field, "x")
    page.record.flush()
    assert page.record.foot.words == "Not saved"
    assert field.text() == "xa"
    go.set()
    qtbot.waitUntil(lambda: bool(done))
    page.record.after_button.click()
    assert first(document).texts[0] == "xa"


def test_turns_that_cannot_be_shown_are_edited_as_json(page: DataPage, studio: Studio) -> None:
    document = fill(studio, page, Kind.CONVERSATION)
    document.insert(0, [("[oops", "")])
    page.table.go_to(0)
    form = page.record.form
    assert isinstance(form, ConversationForm)
    assert form.turns.editor.isHidden()
    field = form.turns.json.field
    assert field.text() == "[oops"
    field.selectAll()
    QTest.keyClicks(field, '[{"role": "user", "content": "x"}]')
    page.record.flush()
    assert said(document) == [("user", "x")]
    assert bubbles(page)[0].field.text() == "x"


def test_a_conversation_of_ten_thousand_turns_is_shown_in_pages(
    page: DataPage, studio: Studio
) -> None:
    turns = tuple({"role": "user", "content": str(at)} for at in range(10_000))
    document = fill(studio, page, Kind.CONVERSATION, Conversation(turns))
    form = page.record.form
    assert isinstance(form, ConversationForm)
    assert len(bubbles(page)) == PAGE
    form.turns.editor.more_button.click()
    assert len(bubbles(page)) == 2 * PAGE
    assert bubbles(page)[PAGE].field.hasFocus()
    QTest.keyClicks(bubbles(page)[PAGE].field, "x")
    page.record.flush()
    assert said(document)[PAGE][1] == f"x{PAGE}"
    assert len(said(document)) == 10_000


def test_hostile_text_is_text_and_a_line_of_300_kilobytes_is_shown(
    page: DataPage, studio: Studio
) -> None:
    long = "x" * 300_000
    turns = ({"role": "user", "content": HOSTILE}, {"role": "assistant", "content": long})
    document = fill(studio, page, Kind.CONVERSATION, Conversation(turns))
    assert bubbles(page)[0].field.text() == HOSTILE
    assert bubbles(page)[1].field.isReadOnly()
    QTest.keyClick(bubbles(page)[0].field, Qt.Key.Key_Return, CTRL)
    assert said(document)[2][1] == long


def test_running_text_has_one_field(page: DataPage, studio: Studio) -> None:
    document = fill(studio, page, Kind.TEXT, Text("one\ntwo"))
    (field,) = page.record.fields.values()
    assert field.text() == "one\ntwo"
    QTest.keyClicks(field, "x")
    page.record.flush()
    assert first(document).texts == ("xone\ntwo",)


@pytest.fixture
def pair(page: DataPage, studio: Studio) -> DatasetDocument:
    return fill(studio, page, Kind.PREFERENCE, Preference("q", "good", "bad", TURNS[:1]))


def test_answers_are_edited_and_swapped(page: DataPage, pair: DatasetDocument) -> None:
    form = page.record.form
    assert isinstance(form, PreferenceForm)
    QTest.keyClicks(form.fields["chosen"], "x")
    form.swap_button.click()
    assert first(pair).texts[:3] == ("q", "bad", "xgood")
    assert form.fields["rejected"].text() == "xgood"
    assert pair.undo_text == "Swap the answers"
    page.undo()
    assert first(pair).texts[:3] == ("q", "xgood", "bad")


def test_the_turns_before_a_prompt_are_shown_when_asked_for(
    page: DataPage, pair: DatasetDocument
) -> None:
    form = page.record.form
    assert isinstance(form, PreferenceForm)
    assert form.turns_button.text() == "1 turn before"
    assert not form.turns.isVisible()
    form.turns_button.click()
    assert form.turns.isVisible()
    QTest.keyClicks(form.turns.editor.bubbles[0].field, "x")
    page.record.flush()
    assert turns_of(first(pair).text("messages"))[0]["content"] == "xIs the boat still going?"


@pytest.mark.parametrize(("width", "beside"), [(400, False), (700, True)])
def test_answers_stand_side_by_side_where_there_is_room(
    qtbot: QtBot, light: Theme, width: int, beside: bool
) -> None:
    form = PreferenceForm()
    qtbot.addWidget(form)
    form.resize(width, 400)
    with qtbot.waitExposed(form):
        form.show()
    QApplication.processEvents()
    one, two = (form.fields[name].mapTo(form, QPoint(0, 0)) for name in ("chosen", "rejected"))
    assert (one.y() == two.y(), one.x() == two.x()) == (beside, not beside)


def test_tags_come_and_go_with_what_exists_to_choose_from(
    qtbot: QtBot, page: DataPage, studio: Studio
) -> None:
    document = fill(studio, page, Kind.TRIPLE, Triple("a"), Triple("b"))
    document.add_tag([int(document.ids[1])], "prices")
    tags = page.record.foot.tags
    tags.add_button.click()
    assert tags.line.hasFocus()
    assert tags.line.completer().model().data(tags.line.completer().model().index(0, 0)) == "prices"
    QTest.keyClicks(tags.line, " rooms ")
    QTest.keyClick(tags.line, Qt.Key.Key_Return)
    tags.line.completer().activated.emit("prices")
    qtbot.waitUntil(lambda: len(first(document).tags) == 2)
    QTest.keyClick(tags.line, Qt.Key.Key_Return)
    assert first(document).tags == ("prices", "rooms")
    assert not tags.line.isVisible()
    assert [chip.text() for chip in tags.chips if chip.isVisible()] == ["prices", "rooms"]
    tags.chips[0].click()
    assert first(document).tags == ("rooms",)
    page.undo()
    assert first(document).tags == ("prices", "rooms")


def test_a_note_is_written_as_one_step(qtbot: QtBot, page: DataPage, studio: Studio) -> None:
    document = fill(studio, page, Kind.TRIPLE, Triple("a"), Triple("b"))
    foot = page.record.foot
    assert not foot.note_field.isVisible()
    foot.note_button.click()
    assert foot.note_field.hasFocus()
    QTest.keyClicks(foot.note_field, "ask")
    qtbot.waitUntil(lambda: first(document).note == "ask")
    QTest.keyClicks(foot.note_field, " him")
    qtbot.waitUntil(lambda: first(document).note == "ask him")
    page.undo()
    assert first(document).note == ""
    page.redo()
    page.record.after_button.click()
    assert foot.note_field.text() == ""
    page.record.before_button.click()
    assert foot.note_field.isVisible()
    assert foot.note_field.text() == "ask him"


def test_a_frozen_split_lets_no_row_out(page: DataPage, studio: Studio) -> None:
    document = fill(studio, page, Kind.TRIPLE, Triple("a"))
    document.set_split(document.ids, "test")
    document.freeze_split("test", True)
    page.table.go_to(0)
    page._hand.choose(0)
    field = page.record.foot.split_field
    assert field.currentText() == "test"
    assert not field.isEnabled()
    assert "frozen" in field.toolTip()


@pytest.mark.parametrize("kind", list(Kind))
def test_every_part_of_a_form_has_a_name_and_is_reached_in_order(
    page: DataPage, studio: Studio, kind: Kind
) -> None:
    examples: dict[Kind, Example] = {
        Kind.TRIPLE: Triple("a"),
        Kind.TEXT: Text("a"),
        Kind.CONVERSATION: Conversation(TURNS),
        Kind.PREFERENCE: Preference("a", "b", "c", TURNS),
    }
    fill(studio, page, kind, examples[kind])
    record = page.record
    for button in record.findChildren(QAbstractButton):
        if button.isCheckable():
            button.click()
    QApplication.processEvents()
    controls = [
        widget
        for widget in record.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and widget.isVisible()
        and not widget.objectName().startswith("qt_")
    ]
    for widget in controls:
        interface = QAccessible.queryAccessibleInterface(widget)
        assert interface is not None and interface.text(QAccessible.Text.Name), widget
    fields = [w for w in controls if isinstance(w, QPlainTextEdit | QComboBox)]
    chain = [w for w in _chain(record) if w in fields]
    foot = record.foot
    spots = [(foot.isAncestorOf(w), w.mapTo(record, w.rect().center()).y()) for w in chain]
    assert len(chain) == len(fields)
    assert spots == sorted(spots)


def _chain(root: QWidget) -> list[QWidget]:
    """Return what Tab leads through inside of a widget, in order."""
    found: list[QWidget] = []
    widget = root.nextInFocusChain()
    while widget is not None and widget is not root:
        if root.isAncestorOf(widget):
            found.append(widget)
        widget = widget.nextInFocusChain()
    return found
