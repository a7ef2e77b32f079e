"""Tables, texts and files that hold no row."""

from __future__ import annotations

from collections.abc import Iterator

from tests.helpers.badfile import BAD, COMMA, BadFile, refused


def tables() -> Iterator[BadFile]:
    """Yield tables with something wrong in them."""
    head = b"question,answer\n"

    def table(title: str, record: bytes, said: str) -> BadFile:
        content = head + b"q,a\n" + record + b"\nq,a\n"
        return BadFile(title, "rows.csv", content, 2, ((3, said),))

    yield table("a cell is missing", b"q", "it has 1 column, not 2")
    yield table("a cell too much", b"q,a,b", "it has 3 columns, not 2")
    yield table("a quote that is never closed", b'"q,a', "a quote")
    yield table("a quote inside a quoted cell", b'"q" x,a', "a quote stands inside a cell")
    yield table(
        "a carriage return inside a cell", b"q\rx,a", "a carriage return stands inside a cell"
    )
    nul = head + b"q\x00x,a\n"
    yield BadFile("a NUL in a cell", "rows.csv", nul, 1, texts=("q\x00x", "", "a"))
    yield BadFile(
        "CRLF and quotes over lines",
        "rows.csv",
        b'question,answer\r\n"two\r\nlines, ""so""",a\r\n',
        1,
        texts=('two\r\nlines, "so"', "", "a"),
    )
    yield BadFile(
        "formulas",
        "rows.csv",
        head + b"=cmd|' /C calc'!A0,+1\n",
        1,
        texts=("=cmd|' /C calc'!A0", "", "+1"),
    )
    yield BadFile(
        "numbers, dates and NA",
        "rows.csv",
        head + b"007,NA\n2020-01-01,1e5\n",
        2,
        texts=("007", "", "NA"),
    )
    yield BadFile("semicolons", "rows.csv", b"question;answer\nq,1;a\n", 1, texts=("q,1", "", "a"))
    yield BadFile("tabs", "rows.tsv", b'question\tanswer\n"q"\ta,b\n', 1, texts=("q", "", "a,b"))
    yield BadFile(
        "quotes inside a cell that has none around it",
        "rows.csv",
        head + b'say "hi",a\n',
        1,
        texts=('say "hi"', "", "a"),
    )
    yield BadFile("a long cell", "rows.csv", head + b"q," + b"x" * 200_000 + b"\n", 1)
    yield BadFile(
        "JSON in a cell", "rows.csv", b'messages\n"[{""role"": ""user"", ""content"": ""q""}]"\n', 1
    )
    yield refused("a heading alone", "rows.csv", head, "no row that can be used")
    yield refused(
        "a column twice", "rows.csv", b"answer,answer\nq,a\n", "names the column 'answer' twice"
    )
    yield refused(
        "a heading that is no text",
        "rows.csv",
        b"que\xffstion,answer\nq,a\n",
        "The heading of rows.csv cannot be read",
    )
    yield refused(
        "an HTML page called .csv",
        "rows.csv",
        b"<!doctype html>\n<p>Sign in\n",
        "is a web page",
    )


def texts() -> Iterator[BadFile]:
    """Yield running text."""
    yield BadFile(
        "a text", "book.txt", b"One.\r\n\r\nTwo\t \n\n", 1, texts=("One.\r\n\r\nTwo\t \n\n",)
    )
    yield BadFile(
        "Markdown that looks like a list", "list.md", b"[One](two)\n", 1, texts=("[One](two)\n",)
    )
    yield BadFile("a text with a mark", "book.txt", b"\xef\xbb\xbfOne", 1, texts=("One",))
    yield refused(
        "a text that is not UTF-8",
        "book.txt",
        b"Stra\xdfe, and more of it " * 9,
        "not UTF-8: byte 0xdf",
    )
    yield refused("blanks alone", "book.txt", b" \n\t\r\n", "is empty")


def no_rows() -> Iterator[BadFile]:
    """Yield files without a row."""
    yield refused("nothing", "rows.jsonl", b"", "is empty")
    yield refused("a mark alone", "rows.jsonl", b"\xef\xbb\xbf", "is empty")
    yield refused("an empty list", "rows.json", b"[]", "no row that can be used")
    yield refused("zeros", "rows.jsonl", bytes(5000), "is not text|is empty")
    yield refused(
        "a picture", "rows.jsonl", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, "is not text"
    )
    yield refused(
        "another alphabet", "rows.csv", "вопрос,ответ\nда,нет\n".encode("cp1251"), "is not UTF-8"
    )
    yield refused("a PDF", "rows.txt", b"%PDF-1.7\n" + b"x" * 99, "is a PDF")
    yield refused(
        "bad rows alone", "rows.jsonl", BAD + b"\n" + BAD, f"line 1 is left out, not JSON: {COMMA}"
    )
    yield refused(
        "columns nobody knows",
        "rows.jsonl",
        b'{"foo": "1", "bar": "2"}',
        "not clear what its columns are",
    )
