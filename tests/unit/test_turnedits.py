"""Changes to turns: what is not asked for stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.core import turnedits
from studio.core.example import Turn, turn_text

USER, ANSWER = {"role": "user", "content": "q\nrest"}, {"role": "assistant", "content": "a"}
CALL = {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}], "name": "bot"}
PARTS = {"role": "user", "content": [{"type": "text", "text": "see"}, {"type": "image"}]}
ONE_PART = {"role": "user", "content": [{"type": "text", "text": "see", "mark": 1}]}


def test_a_text_is_set_where_it_stands():
    assert turnedits.with_text(USER, "x") == {"role": "user", "content": "x"}
    part = {"type": "text", "text": "x", "mark": 1}
    assert turnedits.with_text(ONE_PART, "x") == {"role": "user", "content": [part]}
    assert turnedits.with_text(PARTS, "x") is PARTS
    assert turnedits.with_text(CALL, "") is CALL
    assert turnedits.with_text(CALL, "x")["tool_calls"] == [{"id": "1"}]


def test_a_new_turn_is_of_the_one_whose_turn_it_is():
    turns = (USER, ANSWER)
    assert [t["role"] for t in turnedits.added(turns, 1)] == ["user", "assistant", "assistant"]
    assert [t["role"] for t in turnedits.added(turns, 2)][-1] == "user"
    assert turnedits.added((), 0) == ({"role": "user", "content": ""},)
    assert turnedits.with_system(turns)[0]["role"] == "system"


@given(st.integers(0, 6))
def test_a_split_turn_loses_no_character(at: int):
    first, second, rest = turnedits.split((USER, ANSWER), 0, at)
    assert turn_text(first) + turn_text(second) == "q\nrest"
    assert (first["role"], second["role"], rest) == ("user", "assistant", ANSWER)


def test_merged_turns_keep_their_calls_and_the_role_of_the_first():
    (made,) = turnedits.merged((ANSWER, CALL), 0)
    assert made == {"role": "assistant", "content": "a", "tool_calls": [{"id": "1"}], "name": "bot"}
    (made,) = turnedits.merged((USER, USER), 0)
    assert made["content"] == "q\nrest\nq\nrest"
    (made,) = turnedits.merged((CALL, CALL), 0)
    assert made["tool_calls"] == [{"id": "1"}, {"id": "1"}]
    (made,) = turnedits.merged((PARTS, USER), 0)
    assert made["content"] == [*PARTS["content"], {"type": "text", "text": "q\nrest"}]


@given(st.permutations([USER, ANSWER, CALL, PARTS]), st.integers(0, 3), st.integers(0, 3))
def test_a_turn_that_is_moved_there_and_back_changes_nothing(turns: list[Turn], at: int, to: int):
    there = turnedits.moved(turns, at, to)
    assert there[to] is turns[at]
    assert turnedits.moved(there, to, at) == tuple(turns)


@pytest.mark.parametrize("at", [0, 1])
def test_a_removed_turn_is_the_one_that_was_named(at: int):
    assert turnedits.removed((USER, ANSWER), at) == ((ANSWER,), (USER,))[at]


def test_parts_that_are_no_text_say_nothing_whatever_they_are():
    parts = ["a", {"type": "text", "text": "b"}, 7, None, ["c"], {"text": 5}, {"type": "image"}]
    assert turn_text({"role": "user", "content": parts}) == "ab"
