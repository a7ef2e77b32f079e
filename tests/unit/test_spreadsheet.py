"""Cells from and for a spreadsheet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.core.example import Kind, turns_of
from studio.data.spreadsheet import Block, cells_of, left_out, new_rows, over_cells, text_of

CELLS = st.text(st.sampled_from('ab"\t\r\n é'), max_size=6)


@given(st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=5))
def test_what_is_copied_is_pasted_as_it_was(rows: list[list[str]]):
    assert cells_of(text_of(rows)) == rows


@given(st.text(st.sampled_from('a"\t\r\n'), max_size=12))
def test_any_text_has_cells(text: str):
    assert "".join("".join(row) for row in cells_of(text)).count("a") == text.count("a")


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", []),
        ("a", [["a"]]),
        ("a\tb\r\nc\td\r\n", [["a", "b"], ["c", "d"]]),
        ('"two\nlines"\tb', [["two\nlines", "b"]]),
        ('"say ""hi"""\n', [['say "hi"']]),
        ('"half\tb', [['"half', "b"]]),
        ('"a" b\tc', [['"a" b', "c"]]),
        ('5" wide', [['5" wide']]),
        ("\n\n", [[""], [""]]),
        ("a\t", [["a", ""]]),
    ],
)
def test_cells_are_read_as_spreadsheets_write_them(text: str, rows: list[list[str]]):
    assert cells_of(text) == rows


def test_a_million_open_quotes_take_no_time_to_speak_of():
    text = '"a\t' * 300_000
    assert len(cells_of(text)[0]) == 300_001


def test_columns_become_fields_in_order_or_by_heading():
    assert new_rows(Block.of("q\ti\to\tmore"), Kind.TRIPLE) == [("q", "i", "o")]
    assert left_out(Block.of("q\ti\to\tmore"), Kind.TRIPLE) == 1
    block = Block.of("Output\tInstruction\no\tq\n")
    assert new_rows(block, Kind.TRIPLE) == [("q", "", "o")]
    assert new_rows(Block.of("output\toutput\no\tq\n"), Kind.TRIPLE)[0][0] == "output"
    assert new_rows(Block.of("p\tc\tr"), Kind.PREFERENCE) == [("p", "c", "r", "")]


def test_columns_become_turns_of_user_and_assistant():
    ((messages, tools),) = new_rows(Block.of("q\ta\tq2\t"), Kind.CONVERSATION)
    assert tools == ""
    assert [(turn["role"], turn["content"]) for turn in turns_of(messages)] == [
        ("user", "q"),
        ("assistant", "a"),
        ("user", "q2"),
    ]


def test_a_block_covers_the_cells_there_are():
    block = Block.of("a\tb\nc\td\n")
    assert over_cells(block, [7, 8, 9], ["input", "output"]) == [
        (7, "input", "a"),
        (7, "output", "b"),
        (8, "input", "c"),
        (8, "output", "d"),
    ]
    assert over_cells(block, [7], ["output"]) == [(7, "output", "a")]


def test_one_cell_covers_every_row():
    assert over_cells(Block.of("x"), [7, 8], ["output"]) == [
        (7, "output", "x"),
        (8, "output", "x"),
    ]
