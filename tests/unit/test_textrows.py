"""Running text: one row a file, a paragraph or a line, and the bytes of the file in the end."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.data.records import Record
from studio.data.textrows import COLUMN, Each, read_text

TEXT = b"\xef\xbb\xbf\n# One \r\n\r\nTwo,\nand more\n \n\n\nThree"


def rows(each: Each, content: bytes = TEXT) -> list[Record]:
    return list(read_text(io.BytesIO(content), each))


def texts(found: list[Record]) -> list[str]:
    return [record.values[COLUMN] for record in found if record.values is not None]


def test_a_file_is_one_row_as_it_is() -> None:
    (found,) = rows(Each.FILE)
    assert texts([found]) == [TEXT.decode("utf-8-sig")]
    assert found.raw == TEXT


def test_a_paragraph_ends_at_a_blank_line_and_keeps_its_blanks() -> None:
    found = rows(Each.PARAGRAPH)
    assert texts(found) == ["# One ", "Two,\nand more", "Three"]
    assert [record.line for record in found] == [2, 4, 9]
    assert [record.byte for record in found] == [4, 14, 32]


def test_a_line_is_a_row_without_its_end() -> None:
    assert texts(rows(Each.LINE)) == ["# One ", "Two,", "and more", "Three"]


@pytest.mark.parametrize("each", [Each.PARAGRAPH, Each.LINE])
def test_a_line_that_is_not_text_costs_no_other_row(each: Each) -> None:
    found = rows(each, b"One\n\nStra\xdfe\n\nTwo")
    assert texts(found) == ["One", "Two"]
    assert [(record.line, record.byte) for record in found if record.fault] == [(3, 5)]


@given(st.binary(max_size=60).map(lambda data: data.replace(b"x", b"\n")), st.sampled_from(Each))
def test_the_raw_bytes_of_all_rows_are_the_file(content: bytes, each: Each) -> None:
    found = rows(each, content)
    raw = b"".join(r.raw if r.raw is not None else texts([r])[0].encode() for r in found)
    assert content.endswith(raw)
    assert not content[: len(content) - len(raw)].removeprefix(b"\xef\xbb\xbf").strip()
