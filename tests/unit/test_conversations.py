"""Conversations: what each column is sent along, and what is kept of them on the disk."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from studio.core.problems import DataError
from studio.core.sampler import Sampler
from studio.core.talk import (
    TalkAnswer,
    TalkColumn,
    TalkTurn,
    as_markdown,
    history_of,
    title_of,
    turn_body,
    turn_of,
)
from studio.data.conversations import Conversations
from tests.helpers.children import held

BASE, ADAPTED = TalkColumn("base", "Base starter", "5a3f"), TalkColumn("/a", "concierge · result")


def turn(question: str, *, alone: bool = False, **answers: str) -> TalkTurn:
    made = TalkTurn(question, (BASE, ADAPTED), Sampler(stop=("\n\n",)), alone=alone)
    for name, text in answers.items():
        made = made.answered({"base": "base", "adapted": "/a"}[name], TalkAnswer(text, "end", 3))
    return made


@pytest.fixture
def file(tmp_path):
    made = Conversations(tmp_path / "conversations.sqlite")
    yield made
    made.close()


def test_each_column_is_sent_its_own_turns():
    turns = [turn("one", base="b1", adapted="a1"), turn("two", base="b2"), turn("three", base="")]
    assert history_of(turns, "base") == [["one", "b1"], ["two", "b2"]]
    assert history_of(turns, "/a") == [["one", "a1"]]


def test_a_question_asked_on_its_own_is_never_sent_along():
    assert history_of([turn("one", alone=True, base="b1"), turn("two", base="b2")], "base") == [
        ["two", "b2"]
    ]


def test_a_turn_comes_back_from_json_as_it_was():
    made = turn("half a character \ud800", base="b", adapted="a")
    assert turn_of(json.loads(json.dumps(turn_body(made)))) == made


@pytest.mark.parametrize("body", [{}, {"question": "q"}, {"question": "q", "sampler": 3}])
def test_what_is_no_turn_is_refused(body):
    with pytest.raises(ValueError, match="no turn"):
        turn_of(body)


def test_a_title_is_the_first_question_in_one_line_and_short():
    assert title_of("What\n time?") == "What time?"
    assert len(title_of("long " * 9_000)) < 70


def test_the_document_names_who_answered_and_how_it_ended():
    text = as_markdown("Break\nfast", [turn("When?", base="At **seven**.")])
    assert text.startswith("# Break fast\n")
    assert "### Base starter `5a3f`\n\nAt **seven**." in text
    assert "3 tokens · ended by itself" in text
    assert "### concierge · result\n\n*not answered*" in text


def test_turns_are_kept_in_their_order_and_cut_behind_the_one_that_is_put(file):
    number = file.begin("one")
    turns = [turn("one"), turn("two"), turn("three")]
    for place, each in enumerate(turns):
        file.put(number, place, each)
    assert file.turns(number) == turns
    file.put(number, 1, turn("other"))
    assert [each.question for each in file.turns(number)] == ["one", "other"]
    (summary,) = file.all()
    assert (summary.title, summary.turns) == ("one", 2)
    assert summary.columns == "Base starter · concierge · result"


def test_a_deleted_conversation_can_be_put_back_until_the_file_is_opened_again(file, tmp_path):
    kept, gone = file.begin("kept"), file.begin("gone")
    file.put(gone, 0, turn("one"))
    file.delete(gone)
    assert [each.id for each in file.all()] == [kept]
    file.put_back(gone)
    assert {each.id for each in file.all()} == {kept, gone}
    file.delete(gone)
    again = Conversations(tmp_path / "conversations.sqlite")
    again.put_back(gone)
    assert [each.id for each in again.all()] == [kept]
    assert again.turns(gone) == []
    again.close()


def test_a_file_that_is_no_database_is_told_in_a_sentence(tmp_path):
    path = tmp_path / "conversations.sqlite"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(DataError, match=r"conversations\.sqlite"):
        Conversations(path)


def test_what_was_said_survives_a_kill(tmp_path):
    path = tmp_path / "conversations.sqlite"
    command = [sys.executable, "-m", "tests.helpers.talkingon", str(path)]
    with held(subprocess.Popen(command, stdout=subprocess.PIPE, text=True)) as process:
        told = [int(process.stdout.readline()) for _ in range(60)]
        process.kill()
        told += [int(line) for line in process.stdout.read().split("\n")[:-1] if line]
    file = Conversations(path)
    (summary,) = file.all()
    turns = file.turns(summary.id)
    file.close()
    assert len(turns) in (told[-1] + 1, told[-1] + 2)  # one more may be kept and not yet told
    assert all(t.answers["base"].text == f"answer {n}" for n, t in enumerate(turns))
