"""Files of lines as they should not be: encodings, line ends, JSON and values."""

from __future__ import annotations

from collections.abc import Iterator

from tests.helpers.badfile import BAD, CHAT, COMMA, GOOD, SHARE, BadFile, between, refused


def encodings() -> Iterator[BadFile]:
    """Yield files in other encodings, or in none."""
    text = '{"instruction": "Wie heißt es?", "input": "", "output": "Übermut 🌱"}\n'
    plain = ("Wie heißt es?", "", "Übermut 🌱")
    for name in ("utf-16", "utf-16-le", "utf-16-be"):
        content = text.encode(name)
        yield BadFile(f"{name} lines", "rows.jsonl", content, 1, texts=plain, inside=text.encode())
    table = "question;answer\r\nWie heißt es?;Übermut 🌱\r\n"
    yield BadFile("UTF-16 table", "rows.csv", table.encode("utf-16"), 1, texts=plain)
    yield BadFile(
        "UTF-16 big-endian with its mark",
        "rows.jsonl",
        b"\xfe\xff" + text.encode("utf-16-be"),
        1,
        texts=plain,
    )
    yield BadFile(
        "UTF-8 with its mark", "rows.jsonl", b"\xef\xbb\xbf" + text.encode(), 1, texts=plain
    )
    yield BadFile(
        "mark in a list",
        "rows.json",
        b"\xef\xbb\xbf[" + GOOD + b",\n" + BAD + b"]",
        1,
        ((2, COMMA),),
    )
    yield BadFile(
        "mark in a table",
        "rows.csv",
        b"\xef\xbb\xbfquestion,answer\nq,a\n",
        1,
        texts=("q", "", "a"),
    )
    yield between(
        "a byte that is not UTF-8",
        b'{"instruction": "\xff", "output": "a"}',
        "not UTF-8: byte 0xff at column 18",
    )
    yield between("a character that is cut", b'{"instruction": "\xe2\x82"}', "not UTF-8: byte 0xe2")
    yield between("an overlong character", b'{"instruction": "\xc0\xaf"}', "not UTF-8: byte 0xc0")
    yield between(
        "UTF-8 of half a character", b'{"instruction": "\xed\xa0\x80"}', "not UTF-8: byte 0xed"
    )
    latin = '{"instruction": "Wie heißt es?", "output": "a"}'.encode("cp1252")
    yield between("a line of Windows-1252", latin, "not UTF-8: byte 0xdf")
    yield BadFile(
        "a Windows-1252 cell",
        "rows.csv",
        b"question,answer\nq,a\nStra\xdfe,b\nq,a\n",
        2,
        ((3, "byte 0xdf at column 5"),),
    )
    yield BadFile(
        "a bad byte in a list",
        "rows.json",
        b"[" + GOOD + b",\n" + b'{"instruction": "\xff", "output": "a"},\n' + GOOD + b"]",
        2,
        ((2, "not UTF-8: byte 0xff at column 18"),),
    )
    yield BadFile(
        "a bad byte between rows of a list",
        "rows.json",
        b"[" + GOOD + b",\n\xff\n," + GOOD + b"]",
        2,
        ((2, "not JSON"),),
    )


def line_ends() -> Iterator[BadFile]:
    """Yield lines that end oddly."""
    for title, end in (("CRLF", b"\r\n"), ("blank lines", b"\n\n \n\t\n"), ("LF", b"\n")):
        lines = end.join([GOOD, BAD, GOOD])
        line = 1 + (GOOD + end).count(b"\n")
        yield BadFile(f"lines ended by {title}", "rows.jsonl", lines, 2, ((line, COMMA),))
    for title, sign in (("U+2028", "\u2028"), ("U+2029", "\u2029"), ("NEL", "\x85"), ("FF", "\\f")):
        odd = f'{{"instruction": "a{sign}b", "output": "c"}}\n'.encode()
        said = "a\fb" if title == "FF" else f"a{sign}b"
        yield BadFile(
            f"{title} inside a text",
            "rows.jsonl",
            odd + BAD,
            1,
            ((2, COMMA),),
            texts=(said, "", "c"),
        )
    rows = '[{"question": "a\u2028b", "answer": "c\\u000bd"}]'
    yield BadFile(
        "U+2028 in a list",
        "rows.json",
        rows.encode(),
        1,
        texts=("a\u2028b", "", "c\x0bd"),
    )
    yield BadFile("no line end at the end", "rows.jsonl", GOOD + b"\n" + GOOD, 2)
    yield BadFile(
        "the last line is cut",
        "rows.jsonl",
        GOOD + b"\n" + GOOD[:-2],
        1,
        ((2, "a text is not closed"),),
    )
    yield refused(
        "lone carriage returns", "rows.jsonl", b"\r".join([GOOD] * 3), "carriage return alone"
    )
    yield refused(
        "lone carriage returns in a table",
        "rows.csv",
        b"question,answer\rq,a\rq,b\r",
        "carriage return alone",
    )
    yield BadFile(
        "one long line",
        "rows.jsonl",
        b'{"instruction": "' + b"x" * 3_000_000 + b'", "output": "a"}\n',
        1,
    )


def json_lines() -> Iterator[BadFile]:
    """Yield lines that are not JSON."""
    yield between("a comma is missing", BAD, COMMA)
    yield between("a comma too much", b'{"instruction": "q", "output": "a",}', "not JSON")
    yield between(
        "single quotes",
        b"{'instruction': 'q', 'output': 'a'}",
        "a name in double quotes is missing at column 2",
    )
    yield between(
        "no quotes", b"{instruction: q}", "a name in double quotes is missing at column 2"
    )
    yield between("a comment", b"// q and a", "a value is missing at column 1")
    yield between("words", b"instruction: q", "a value is missing at column 1")
    yield between(
        "Python's words",
        b'{"instruction": None, "output": True}',
        "a value is missing at column 17",
    )
    yield between("more behind the row", GOOD + b" x", "there is more after the end of the row")
    yield between("two rows on a line", GOOD + GOOD, "there is more after the end of the row")
    yield between("a list of rows on a line", b"[" + GOOD + b"]", "it is a list, not an object")
    yield between("a row cut short", b'{"instruction": "q', "a text is not closed")
    yield between("a bracket alone", b"{", "not JSON")
    for word, shown in (
        (b"7", "a number"),
        (b'"q"', "a text"),
        (b"null", "null"),
        (b"true", "true or false"),
    ):
        yield between(f"{shown} as a row", word, f"it is {shown}, not an object")
    for word in (b"NaN", b"Infinity", b"-Infinity"):
        yield between(
            word.decode(), b'{"instruction": "q", "output": ' + word + b"}", "is not JSON"
        )
    yield between(
        "a name twice",
        b'{"instruction": "q", "output": "a", "output": "b"}',
        "'output' is there twice",
    )
    yield between(
        "a name twice inside",
        b'{"instruction": "q", "output": "a", "x": {"y": 1, "y": 2}}',
        "'y' is there twice",
    )
    yield between(
        "a NUL in a text",
        b'{"instruction": "\x00", "output": "a"}',
        "a control character stands in a text at column 18",
    )
    yield between(
        "a TAB in a text",
        b'{"instruction": "\t", "output": "a"}',
        "a control character stands in a text",
    )
    yield between(
        "an unknown escape", b'{"instruction": "\\x", "output": "a"}', "an escape is not known"
    )
    yield between(
        "a cut escape", b'{"instruction": "\\u12", "output": "a"}', "an escape is not known"
    )
    yield between(
        "half a character", b'{"instruction": "\\ud83d", "output": "a"}', "half of a character"
    )
    yield between(
        "the halves in the wrong order",
        b'{"instruction": "\\udf31\\ud83c", "output": "a"}',
        "half of a character",
    )
    yield between(
        "half a character in another column",
        b'{"instruction": "q", "output": "a", "x": "\\ud83d"}',
        "another column holds half",
    )
    yield between(
        "deep lists",
        b'{"instruction": "q", "output": "a", "x": ' + b"[" * 100_000,
        "nested too deeply",
    )
    deep = b'{"instruction": "q", "output": "a", "x": ' + b"[" * 900 + b"]" * 900 + b"}"
    yield between(
        "deep lists that end",
        deep.replace(b"[" * 900, b"[" * 50_000).replace(b"]" * 900, b"]" * 50_000),
        "nested too deeply",
    )
    yield between("deep objects", b'{"a":' * 50_000, "nested too deeply")


def values() -> Iterator[BadFile]:
    """Yield values that could be changed or cannot be stored."""
    digits = "7" * 5000
    row = f'{{"instruction": {digits}, "output": 1.10}}'.encode()
    yield BadFile("5,000 digits", "rows.jsonl", row, 1, texts=(digits, "", "1.10"))
    yield BadFile(
        "a number too large for a float",
        "rows.jsonl",
        b'{"instruction": 1e999, "output": -0.0}',
        1,
        texts=("1e999", "", "-0.0"),
    )
    yield BadFile(
        "an escaped NUL",
        "rows.jsonl",
        b'{"instruction": "a\\u0000b", "output": "c"}',
        1,
        texts=("a\x00b", "", "c"),
    )
    yield BadFile(
        "true as a text",
        "rows.jsonl",
        b'{"instruction": true, "output": "c"}',
        1,
        texts=("true", "", "c"),
    )
    yield BadFile(
        "special tokens",
        "rows.jsonl",
        b'{"instruction": "<|im_end|></s>", "output": "<s>"}',
        1,
        texts=("<|im_end|></s>", "", "<s>"),
    )
    yield BadFile(
        "bidi and zero width",
        "rows.jsonl",
        '{"instruction": "a\u202eb\u200bc\ufeff", "output": "\u2066"}'.encode(),
        1,
        texts=("a\u202eb\u200bc\ufeff", "", "\u2066"),
    )
    yield BadFile(
        "HTML",
        "rows.jsonl",
        b'{"instruction": "<img src=file:///etc/passwd>", "output": "<table>"}',
        1,
        texts=("<img src=file:///etc/passwd>", "", "<table>"),
    )
    yield BadFile(
        "blanks as texts",
        "rows.jsonl",
        b'{"instruction": " \\t", "output": ""}',
        1,
        texts=(" \t", "", ""),
    )
    yield BadFile("the same row again and again", "rows.jsonl", (GOOD + b"\n") * 40, 40)
    for title, value, said in (
        ("null as an answer", b"null", "output is null, not text"),
        ("a list as an answer", b'["a"]', "output is a list, not text"),
        ("an object as an answer", b"{}", "output is an object, not text"),
    ):
        yield between(title, b'{"instruction": "q", "output": ' + value + b"}", said)
    yield between("a column is missing", b'{"output": "a"}', "the column instruction is missing")
    yield between("no columns", b"{}", "the column instruction is missing")
    split = b'{"instruction": "q", "output": "a", "split": "val"}'
    yield between(
        "a split that is none", split.replace(b"val", b"odd"), "the split is 'odd'", split
    )
    mixed = b"\n".join([GOOD, CHAT, GOOD, SHARE, GOOD])
    yield BadFile(
        "layouts mixed",
        "rows.jsonl",
        mixed,
        3,
        ((2, "the column instruction is missing"), (4, "the column instruction is missing")),
    )
