"""Rows that nobody would write by hand: thousands of tags, lines without end."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QTextOption
from pytestqt.qtbot import QtBot

from studio.ui.data.tagsfield import MOST, TagsField
from studio.ui.data.textfield import TextField


def test_of_a_thousand_tags_the_first_are_chips_and_the_others_a_number(qtbot: QtBot) -> None:
    field = TagsField()
    qtbot.addWidget(field)
    field.show_tags(f"tag {number}" for number in range(1000))
    assert len(field.chips) == MOST
    assert field.more.text() == f"and {1000 - MOST} more"
    field.show_tags(("one", "two"))
    assert [chip.text() for chip in field.chips if not chip.isHidden()] == ["one", "two"]
    assert field.more.isHidden()


def test_a_long_line_is_never_laid_out_in_the_wrapping_of_the_text_after_it(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    field = TextField("Output")
    qtbot.addWidget(field)
    wrapped: list[str] = []
    choose = TextField.setWordWrapMode

    def setWordWrapMode(self: TextField, mode: QTextOption.WrapMode) -> None:
        wrapped.append(self.toPlainText())
        choose(self, mode)

    monkeypatch.setattr(TextField, "setWordWrapMode", setWordWrapMode)
    field.show_text("x" * 100_000)
    field.show_text("short words")
    assert wrapped == ["", ""]
