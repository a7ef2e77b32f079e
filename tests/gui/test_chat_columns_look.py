"""The heads and answers of many columns: nothing is cut off, all stand in line, all claims hold."""

from __future__ import annotations

import json
import shutil

import pytest
from PySide6.QtCore import QPoint, Qt

from studio.core.protocol import AnswerEnded
from studio.core.talk import TalkAnswer
from studio.core.workspace import Workspace
from studio.ui.chat.answerview import AnswerView
from studio.ui.chat.factline import FactLine
from studio.ui.chat.well import Well
from studio.ui.widgets.choicefield import ChoiceField
from studio.ui.widgets.graftline import Kind
from tests.gui.test_chatpage import Desk
from tests.helpers.chatrun import make_trained_run


@pytest.fixture
def desk(qtbot, tmp_path):
    workspace = Workspace(tmp_path / "workspace").create()
    make_trained_run(workspace)
    made = Desk(qtbot, workspace)
    yield made
    made.close()


def test_facts_without_room_go_on_a_line_of_their_own(qtbot):
    line = FactLine()
    qtbot.addWidget(line)
    facts = ["49 tokens", "31.2 tokens/s", "first after 64 ms", "✓ ended by itself", "read 31"]
    line.show_facts(facts)
    line.resize(600, 30)
    line.show()
    assert line.lines == [facts]
    one = line.sizeHint().height()
    line.resize(190, 30)
    assert [fact for each in line.lines for fact in each] == facts
    assert len(line.lines) > 1
    assert line.sizeHint().height() > one


def test_an_answer_without_a_word_takes_no_empty_line(qtbot):
    answer = AnswerView("the base", "frozen")
    qtbot.addWidget(answer)
    answer.wait("waits for the model")
    assert answer.view.isHidden()
    ended = {"tokens": 3, "seconds": 1.0, "first_seconds": 0.5, "reason": "end"}
    answer.finish(AnswerEnded(id=1, column="base", text="Yes.", **ended))
    assert not answer.view.isHidden()
    kept = AnswerView("the base", "frozen")
    qtbot.addWidget(kept)
    kept.finish(TalkAnswer("", "not answered"))  # as when it was met, with no number made up
    assert kept.facts.text() == "not answered"
    assert kept.view.isHidden()


def test_a_choice_without_room_ends_in_an_ellipsis(qtbot):
    field = ChoiceField("The gentlest of all the concierges")
    qtbot.addWidget(field)
    field.resize(140, 30)
    field.show()
    assert field.shown_text.endswith("…")
    assert field.shown_text.startswith("The g")
    field.resize(400, 30)
    assert field.shown_text == "The gentlest of all the concierges"


def test_heads_and_answers_of_four_columns_stand_in_line(desk):
    summary = desk.page.desk.runs[0]
    for branch in ("step 120", "step 240"):
        desk.page._on_branch_added(summary, branch)
    desk.page.resize(1300, 420)
    for _ in range(4):
        desk.ask("breakfast?")
    answers = desk.parts.conversation.exchanges[-1].answers
    heads = [desk.parts.heads.base, *desk.parts.heads.all]
    desk.wait(lambda: desk.parts.heads._bar > 0)  # so many answers need a scroll bar

    def left(widget) -> int:
        return widget.mapTo(desk.page, QPoint(0, 0)).x()

    desk.wait(lambda: all(abs(left(h) - left(a)) <= 1 for h, a in zip(heads, answers, strict=True)))
    assert all(abs(h.width() - a.width()) <= 1 for h, a in zip(heads, answers, strict=True))
    assert desk.parts.heads.adapted.evidence.text() == "c81e 07b4 · as trained"


def test_an_adapter_from_elsewhere_claims_nothing_and_its_own_claim_is_told(desk, tmp_path):
    folder = tmp_path / "stranger"
    folder.mkdir()
    told = {"peft_type": "IA3", "base_model_name_or_path": "somebody/Another-1B"}
    (folder / "adapter_config.json").write_text(json.dumps(told))
    (folder / "adapter_model.safetensors").write_bytes(b"")
    desk.page.add_folder(folder)
    desk.ask("hello")
    assert desk.parts.heads.all[1].evidence.text() == "c81e 07b5 · not from a run"
    warning = desk.parts.notices.warnings[0]
    assert warning.isVisible()
    assert "stranger says that it was trained on Another-1B." in warning.accessibleName()


def test_escape_stops_the_answers_and_leaves_the_editing(desk):
    desk.send("endless")
    desk.wait(lambda: all(desk.answers(0)))
    desk.qtbot.keyClick(desk.parts.composer.editor, Qt.Key.Key_Escape)
    desk.wait(lambda: desk.chat.state == "ready")
    assert all("stopped" in facts for facts in desk.facts(0))
    desk.click(desk.parts.conversation.exchanges[0].edit_button)
    assert desk.parts.composer.edited == 0
    desk.qtbot.keyClick(desk.parts.composer.editor, Qt.Key.Key_Escape)
    assert desk.parts.composer.edited is None
    assert desk.parts.composer.editor.toPlainText() == ""


def test_the_header_names_what_is_talked_to_and_not_what_is_prepared(desk):
    desk.page.set_lineage(())
    run = desk.page.desk.run
    shown = [(part.kind, part.name) for part in desk.page.graft.parts()]
    assert shown[-1] == (Kind.RUN, run.title)
    assert (Kind.METHOD, run.method) in shown


def test_an_adapter_that_has_gone_is_told_and_its_column_can_be_taken_away(desk):
    summary = desk.page.desk.runs[0]
    desk.page._on_branch_added(summary, "step 120")
    shutil.rmtree(desk.page.desk.columns.all[1].branch.folder)
    desk.send("hello")
    banner = desk.parts.notices.banner
    assert "The adapter of" in banner.problem.summary
    assert desk.facts(0) == ["not asked"] * 3
    desk.click(banner._way_out)
    desk.ask("hello")
    assert desk.answers(1) == ["The base answers: hello", "The adapted answers: hello"]


def test_a_long_question_is_folded_and_shown_whole_on_demand(qtbot):
    text = "word " * 2_000
    well = Well("You", text)
    qtbot.addWidget(well)
    well.resize(600, 100)
    well.show()
    assert len(well.view.text) < 1_000
    folded = well.sizeHint().height()
    qtbot.mouseClick(well.fold_button, Qt.MouseButton.LeftButton)
    assert well.view.text == text
    qtbot.waitUntil(lambda: well.sizeHint().height() > 3 * folded, timeout=5_000)
    assert not Well("You", "short").fold_button.isVisibleTo(well)


def test_runs_of_one_title_are_told_apart(qtbot, tmp_path):
    workspace = Workspace(tmp_path / "workspace").create()
    for run_id in ("2026-11-22-hotel-1", "2026-11-22-hotel-2"):
        make_trained_run(workspace, run_id)
    desk = Desk(qtbot, workspace)
    runs = desk.parts.heads.adapted.runs
    titles = [runs.itemText(n) for n in range(runs.count())]
    assert len(set(titles)) == 2
    assert all(title.endswith(("(hotel-1)", "(hotel-2)")) for title in titles)
    desk.close()


def test_tab_walks_from_a_question_to_its_answers_to_the_next_and_to_the_editor(desk):
    desk.ask("hello")
    desk.ask("again")
    at = desk.parts.conversation._area
    order = []
    while at is not desk.parts.composer.editor and len(order) < 60:
        at = at.nextInFocusChain()
        if at.isVisible() and at.focusPolicy() & Qt.FocusPolicy.TabFocus:
            order.append(at)
    one, two = desk.parts.conversation.exchanges
    shown = [stop for each in (one, two) for stop in each.stops if stop.isVisible()]
    assert order == [*shown, desk.parts.composer.editor]
