"""How long an evaluation still takes, as its pace tells."""

import pytest

from studio.engine.evaluationpace import Pace


@pytest.fixture
def told():
    return []


@pytest.fixture
def pace(told):
    made = Pace(1, told.append, lambda done, total: None)
    made.begin(60)
    return made


def test_columns_to_come_are_counted_by_what_the_first_one_asks(pace, told):
    pace.wait("answer", 10)
    pace.wait("text", 10)
    assert told[-1].left_seconds is None
    pace.did("answer", 10, 50.0)
    pace.did("text", 5, 5.0)
    pace.say("on")
    # 5 texts of this column, and two columns of 10 answers and 10 texts
    assert told[-1].left_seconds == pytest.approx(5 + 2 * (50 + 10))


def test_time_left_is_told_where_all_answers_were_known_already(pace, told):
    pace.known(10)
    pace.wait("text", 50)
    pace.did("text", 5, 10.0)
    pace.say("on")
    assert told[-1].left_seconds == pytest.approx(45 * 2.0)


def test_nothing_is_told_of_answers_before_any_was_written(pace, told):
    pace.wait("text", 10)
    pace.wait("answer", 10)
    pace.did("text", 10, 1.0)
    pace.say("on")
    assert told[-1].left_seconds is None
