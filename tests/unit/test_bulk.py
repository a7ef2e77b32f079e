"""What is done with the texts of many rows at once, against what plain Python says."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.core.example import Conversation, Kind, Triple, turns_of
from studio.data.bulk import CLEANINGS, Cleaning, clean
from studio.data.schema import Stopped
from studio.data.store import Dataset

TRIM, BLANKS, NFC, NFKC, QUOTES, CONTROL = CLEANINGS
TEXTS = st.text(
    st.sampled_from("ab \t\n\r\x0b\xa0\u2003\u2028\x85\ufeff\x00e\u0301ﬁ“‘"), max_size=24
)


@given(TEXTS)
def test_trimming_is_that_of_python(text: str):
    assert TRIM.change(text) == text.strip()


@given(TEXTS)
def test_after_normalising_no_odd_blank_is_left_and_words_are_the_same(text: str):
    now = BLANKS.change(text)
    assert BLANKS.change(now) == now
    assert now.split() == text.split()
    assert "\n\n\n" not in now
    assert not set("\r\x0b\u2028\x85") & set(now)
    for line in now.split("\n"):
        assert line == line.rstrip()
        assert "  " not in line.strip() and "\t" not in line.strip() and "\xa0" not in line.strip()


def test_indentation_and_single_empty_lines_stay():
    assert (
        BLANKS.change("def f():\r\n\treturn  1 \n\n\n\nx\u00a0y") == "def f():\n\treturn 1\n\nx y"
    )


def test_a_hundred_thousand_blanks_take_no_time_to_speak_of():
    text = "a" + " " * 200_000 + "b" + "\t" * 200_000
    assert BLANKS.change(text) == "a b"


@given(TEXTS)
def test_forms_of_characters_are_those_of_the_standard(text: str):
    assert NFC.change(text) == unicodedata.normalize("NFC", text)
    assert NFKC.change(text) == unicodedata.normalize("NFKC", text)


@given(st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), max_size=30))
def test_control_characters_go_and_nothing_else(text: str):
    gone = {chr(at) for at in (*range(0x20), *range(0x7F, 0xA0))} - set("\t\n\r\x85")
    gone |= set("\ufeff\ufff9\ufffa\ufffb")
    assert CONTROL.change(text) == "".join(each for each in text if each not in gone)


def test_quotes_become_straight():
    assert QUOTES.change("“a” ‘b’ „c‟ ‚d‛ «e»") == "\"a\" 'b' \"c\" 'd' «e»"


def dataset(folder: Path, kind: Kind = Kind.TRIPLE) -> Dataset:
    return Dataset.create(folder / "rows.dataset", kind)


@pytest.mark.parametrize("cleaning", CLEANINGS, ids=lambda cleaning: cleaning.name)
def test_cleaning_is_one_named_step_over_some_rows(tmp_path: Path, cleaning: Cleaning):
    texts = [" a  b\r\n", "e\u0301 ﬁ", "“x”\x00", "clean"]
    with dataset(tmp_path) as data:
        data.insert(0, [Triple(text, "", text) for text in texts])
        change = clean(data, data.ids[:3], cleaning)
        expected = [cleaning.change(text) for text in texts[:3]] + texts[3:]
        assert [row.output for row in data.rows()] == expected
        touched = [old != new for old, new in zip(texts, expected, strict=True)]
        assert np.array_equal(change.rows, data.ids[np.array(touched)])
        assert data.undo_text == cleaning.name
        data.undo()
        assert [row.instruction for row in data.rows()] == texts


def test_nothing_unclean_makes_no_step(tmp_path: Path):
    with dataset(tmp_path) as data:
        data.insert(0, [Triple("clean")])
        assert not clean(data, data.ids, TRIM)
        assert data.undo_text == "Add a row"


def test_fields_may_be_named_and_turns_stay_turns(tmp_path: Path):
    with dataset(tmp_path, Kind.CONVERSATION) as data:
        turns = ({"role": "user", "content": " a "}, {"role": "assistant", "content": None})
        data.insert(0, [Conversation(turns, ({"name": " f "},)), ("broken ", "")])
        clean(data, data.ids, TRIM)
        one, two = data.rows()
        assert turns_of(one.text("messages")) == ({**turns[0], "content": "a"}, turns[1])
        assert one.text("tools") == '[{"name": " f "}]'
        assert two.text("messages") == "broken "


def test_a_cancelled_cleaning_leaves_nothing(tmp_path: Path):
    with dataset(tmp_path) as data:
        data.insert(0, [Triple(" a ") for _ in range(2500)])
        asked = iter([False, False, True])
        with pytest.raises(Stopped):
            clean(data, data.ids, TRIM, cancelled=lambda: next(asked))
        assert {row.instruction for row in data.rows()} == {" a "}
