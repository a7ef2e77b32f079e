"""Answers made for a vote: which questions a text holds, what is kept of each, what is drawn."""

from __future__ import annotations

import json
import sqlite3

import pytest

from studio.app.datasetlibrary import DatasetLibrary
from studio.app.votedesk import VoteDesk
from studio.core.answerlist import AnswerSetup, as_asked
from studio.core.evaluation import BASE, ColumnSpec
from studio.core.ownquestions import LONGEST, MOST_QUESTIONS, questions_in
from studio.core.problems import DataError
from studio.core.sampler import Sampler
from studio.core.workspace import Workspace
from studio.data.answerlists import AnswerLists
from studio.data.askedrows import draw_questions, own_question, read_questions
from studio.data.store import Dataset
from studio.data.votes import OWN_QUESTIONS, Votes
from tests.helpers.evaluating import make_questions

SETUP = AnswerSetup(
    model="m",
    first=ColumnSpec(BASE),
    second=ColumnSpec("tuned", "a", "r"),
    sampler=Sampler(temperature=0.7, stop=("\n",)),
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("one\n\n  two \n", ("one", "two")),
        ("one\nmore\n---\n\ntwo\n", ("one\nmore", "two")),
        ('["one", {"prompt": "two", "input": "with this"}]', ("one", "two\nwith this")),
        ('{"question": "one"}\n{"instruction": "two"}\n', ("one", "two")),
        ('{"question": "one\u2028more"}\r\n{"text": "two"}', ("one\u2028more", "two")),
        ("[not JSON] one\ntwo", ("[not JSON] one", "two")),
        ("", ()),
        ("---\n---", ()),
    ],
)
def test_a_text_holds_these_questions(text, found):
    assert questions_in(text).questions == found


def test_what_is_left_out_of_a_list_is_said():
    found = questions_in(json.dumps(["one", "one", "  ", "x" * (LONGEST + 5), {"other": 1}]))
    assert found.questions == ("one", "x" * LONGEST)
    assert found.words == (
        "2 questions. 2 without words left out. 1 that were there twice left out. "
        "Questions are cut to 200,000 characters."
    )
    many = questions_in("\n".join(f"question {n}" for n in range(MOST_QUESTIONS + 3)))
    assert len(many.questions) == MOST_QUESTIONS and "first 1,000 of 1,003" in many.words


@pytest.mark.parametrize(
    ("body", "why"),
    [(b"\xff\xfe1", "no UTF-8 text"), (b" \n", "holds no question"), (None, "cannot be read")],
)
def test_a_file_that_is_no_list_of_questions_is_refused_with_a_reason(tmp_path, body, why):
    path = tmp_path / "list.txt"
    if body is not None:
        path.write_bytes(body)
    with pytest.raises(DataError, match=why):
        read_questions(path)


def test_turns_become_what_the_chat_is_asked():
    turns = (("system", "s"), ("user", "a"), ("assistant", "b"), ("user", "c"))
    assert as_asked(turns) == ("s", [["a", "b"]], "c")
    assert as_asked((("user", "c"),)) == (None, [], "c")
    assert as_asked((("assistant", "b"), ("user", "c"))) is None
    assert as_asked((("user", "a"), ("user", "c"), ("user", "d"))) is None
    assert as_asked(()) is None


def test_the_same_seed_draws_the_same_rows_of_a_split(tmp_path):
    path = make_questions(tmp_path / "d" / "hotel.sqlite", 12)
    drawn = draw_questions(path, "test", 5, 1)
    assert drawn == draw_questions(path, "test", 5, 1) != draw_questions(path, "test", 5, 2)
    assert len(drawn) == 5 and all("test" in row.question for row in drawn)
    assert [row.row for row in drawn] == sorted(row.row for row in drawn)
    with pytest.raises(DataError, match="No row of the validation split"):
        draw_questions(path, "validation", 5, 1)


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "ws").create()


@pytest.fixture
def desk(workspace):
    made = VoteDesk(workspace, DatasetLibrary(workspace))
    made.begin_on(SETUP, [own_question(f"question {n} \ud800") for n in range(4)])
    return made


def answer(workspace, place, number=1):
    with AnswerLists(workspace.evaluations) as lists:
        lists.keep(number, place, [(f"first {place}", "end", 3), (f"second {place}", "length", 9)])


def test_a_vote_takes_up_answers_as_they_come_and_keeps_its_sides(desk, workspace):
    assert desk.next is None and desk.ballot.left == 4
    answer(workspace, 2)
    desk.look_again()
    pair = desk.next
    assert (pair.place, pair.question, pair.first) == (2, "question 2 ?", "first 2")
    shown = desk.shown(pair)
    desk.vote("left")
    for place in (0, 1, 3):
        answer(workspace, place)
    desk.look_again()
    assert desk.next.place in (0, 1, 3) and desk.shown(pair) == shown
    while desk.next:
        desk.vote("tie")
    assert desk.ballot.where == OWN_QUESTIONS and desk.total == 4
    with Votes(workspace.evaluations) as store:
        assert store.one(desk.ballot.id).done


def test_a_list_is_kept_with_its_setup_and_goes_on_where_it_was(desk, workspace):
    answer(workspace, 0)
    with AnswerLists(workspace.evaluations) as lists:
        lists.refuse(1, 2, "The prompt is too long.")
    with AnswerLists(workspace.evaluations) as lists:  # as the next start of the program
        found = lists.one(1)
        assert found.setup == SETUP
        assert (found.total, found.done, found.refused, found.open) == (4, 1, 1, 2)
        assert lists.open_places(1) == [1, 3]
        assert lists.refusals(1) == [(2, "The prompt is too long.")]
        with pytest.raises(DataError, match="no list of answers 9"):
            lists.one(9)
    with Votes(workspace.evaluations) as store:
        ballot = store.one(desk.ballot.id)
    assert (ballot.left, ballot.refused, ballot.done) == (2, 1, False)


def test_own_questions_become_rows_of_the_open_dataset_and_pairs_of_their_own(desk, workspace):
    answer(workspace, 1)
    desk.look_again()
    pair = desk.next
    desk.vote("left")
    with pytest.raises(DataError, match="of no dataset"):
        desk.keep_answer(pair, "better", as_new=True)
    workspace.datasets.mkdir(exist_ok=True)
    Dataset.create(workspace.dataset("open one")).close()
    desk._datasets.open("open one")
    assert desk.keep_answer(pair, "better", as_new=True) == 1
    desk._datasets.close()
    name, many = desk.keep_pairs()
    assert many == 1
    with Dataset.open(workspace.dataset(name), read_only=True) as data:
        row = data.row(1)
    assert row.texts[0] == pair.question and "own questions" in row.note


def test_votes_of_a_file_from_before_lists_are_still_read(workspace):
    workspace.evaluations.parent.mkdir(parents=True, exist_ok=True)
    file = sqlite3.connect(workspace.evaluations)
    file.execute(
        "CREATE TABLE ballots(id INTEGER PRIMARY KEY AUTOINCREMENT, made REAL NOT NULL,"
        " evaluation INTEGER NOT NULL, first TEXT NOT NULL, second TEXT NOT NULL,"
        " seed INTEGER NOT NULL)"
    )
    file.execute("INSERT INTO ballots(made, evaluation, first, second, seed) VALUES(1,7,'a','b',3)")
    file.commit()
    file.close()
    for _ in range(2):
        with Votes(workspace.evaluations) as store:
            assert store.ballots() == []  # its evaluation is gone
            assert store._file.execute("SELECT answers FROM ballots").fetchall() == [(0,)]
