"""Long and hostile text laid out in pieces."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF

from studio.ui.chat.textflow import CHUNK, TextFlow
from studio.ui.chat.textview import TextView
from studio.ui.look import fonts

LINE = 21.0


@pytest.fixture
def flow(qapp):
    made = TextFlow(fonts.font(), LINE)
    made.set_width(400)
    return made


def lines_of(flow: TextFlow) -> list[tuple[int, int]]:
    """Return start and end of every line, in characters of the text."""
    found = []
    for piece in flow._pieces:
        text = piece.layout.text()
        for number in range(piece.layout.lineCount()):
            line = piece.layout.lineAt(number)
            units = text.encode("utf-16-le")
            start = len(units[: 2 * line.textStart()].decode("utf-16-le"))
            end = len(units[: 2 * (line.textStart() + line.textLength())].decode("utf-16-le"))
            found.append((piece.start + start, piece.start + end))
    return found


TEXTS = {
    "words": "the quick brown fox jumps " * 700,
    "one word": "x" * 10_000,
    "emoji": "😀 日本語 " * 1_500,
    "lines": "short\n\n" * 500,
    "mixed": "a\n" + "word " * 2_000 + "\n" + "y" * 5_000 + "\n",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_every_character_stands_on_exactly_one_line(flow, text):
    flow.set_text(text)
    shown = "".join(text[start:end] for start, end in lines_of(flow))
    assert shown == text.replace("\n", "")
    assert flow.height == LINE * len(lines_of(flow))


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_text_that_comes_in_bits_is_laid_out_as_if_it_came_at_once(flow, text):
    flow.set_text(text)
    whole = lines_of(flow)
    flow.set_text("")
    for start in range(0, len(text), 37):
        flow.append(text[start : start + 37])
    assert lines_of(flow) == whole


def test_adding_to_a_long_text_lays_out_only_its_last_piece(flow):
    flow.set_text("word " * 20_000)
    before = [piece.layout for piece in flow._pieces]
    flow.append("more")
    after = [piece.layout for piece in flow._pieces]
    assert after[:-1] == before[:-1]
    assert all(len(layout.text()) <= CHUNK for layout in after)


def test_a_long_word_is_broken_within_the_width(flow):
    flow.set_text("x" * 10_000)
    for piece in flow._pieces:
        for number in range(piece.layout.lineCount()):
            assert piece.layout.lineAt(number).naturalTextWidth() <= 400


def test_the_place_of_a_character_is_found_beside_wide_ones(flow):
    flow.set_text("😀😀ab\nsecond")
    assert flow.position_at(QPointF(0, 5)) == 0
    assert flow.position_at(QPointF(399, 5)) == 4
    assert flow.position_at(QPointF(399, LINE + 5)) == len("😀😀ab\nsecond")
    assert flow.position_at(QPointF(0, LINE + 5)) == 5


def test_an_empty_text_is_one_line_high(flow):
    assert flow.height == LINE
    assert flow.position_at(QPointF(5, 5)) == 0


def test_a_long_text_is_formatted_between_other_events_and_comes_out_the_same(qtbot):
    source = "".join(f"## Part {n}\n\nThe **desk** keeps `{n}` things.\n\n" for n in range(400))
    at_once, later = TextView("at once"), TextView("later")
    for view in (at_once, later):
        qtbot.addWidget(view)
        view.resize(400, 100)
        view.show()
    at_once.set_markdown(source)
    later.set_text(source)
    with qtbot.waitSignal(later.formed, timeout=30_000):
        later.form_markdown(source)
        assert later.text == source  # what was there stays until all is laid out
    assert later.text == at_once.text
    assert later._flow.height == at_once._flow.height
    later.set_text("another")
    later.form_markdown(source)
    later.set_text("a third")  # what is being formed is given up
    qtbot.wait(0)
    assert later.text == "a third"
    assert not later._turn.isActive()
