"""Imports: every good row comes in as it is, every bad one is named with line and byte."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.core.problems import DataError, DiskFullError
from studio.data.exporting import export_jsonl
from studio.data.importing import ImportCancelled, ImportReport, import_file
from studio.data.store import Dataset

GOOD = b'{"instruction": "q", "input": "", "output": "a"}'


def imported(folder: Path, name: str, content: bytes, **options: object) -> ImportReport:
    """Import bytes as a file of that name, into rows.sqlite beside it."""
    source = folder / name
    source.write_bytes(content)
    (folder / "rows.sqlite").unlink(missing_ok=True)
    report = import_file(source, folder / "rows.sqlite", **options)  # type: ignore[arg-type]
    assert source.read_bytes() == content
    return report


def rows_in(folder: Path) -> list[tuple[str, str, str]]:
    with Dataset.open(folder / "rows.sqlite") as data:
        return [(row.instruction, row.input, row.output) for row in data.rows()]


BAD_LINES = {
    "comma": (b'{"instruction": "q" "output": "a"}', "not JSON: a comma is missing at column 21"),
    "quotes": (
        b"{'instruction': 'q', 'output': 'a'}",
        "not JSON: a name in double quotes is missing at column 2",
    ),
    "cut": (
        b'{"instruction": "q", "outp',
        "not JSON: a text is not closed that starts at column 22",
    ),
    "trailing": (b'{"instruction": "q",}', "not JSON: a name in double quotes is missing"),
    "more": (GOOD + b" x", "not JSON: there is more after the end of the row at column 50"),
    "nan": (b'{"instruction": "q", "output": NaN}', "NaN is not JSON"),
    "infinity": (b'{"instruction": "q", "output": -Infinity}', "-Infinity is not JSON"),
    "twice": (b'{"instruction": "q", "output": "a", "output": "b"}', "'output' is there twice"),
    "utf8": (b'{"instruction": "\xff", "output": "a"}', "not UTF-8: byte 0xff at column 18"),
    "utf8 cut": (b'{"instruction": "\xc3"}', "not UTF-8: byte 0xc3 at column 18"),
    "nul": (b'{"instruction": "\x00"}', "a control character stands in a text at column 18"),
    "surrogate": (
        b'{"instruction": "\\ud800", "output": "a"}',
        "a text holds half of a character, \\ud800 at position 1",
    ),
    "surrogate in another column": (
        b'{"instruction": "q", "output": "a", "x": "\\udfff"}',
        "another column holds half of a character",
    ),
    "deep": (b'{"instruction": ' + b"[" * 100_000, "nested too deeply"),
    "list": (b'["q", "a"]', "it is a list, not an object with columns"),
    "number": (b"7", "it is a number, not an object with columns"),
    "text": (b'"q"', "it is a text, not an object with columns"),
    "null": (b"null", "it is null, not an object with columns"),
    "missing": (b'{"output": "a"}', "the column instruction is missing"),
    "null output": (b'{"instruction": "q", "output": null}', "output is null, not text"),
    "list output": (b'{"instruction": "q", "output": ["a"]}', "output is a list, not text"),
    "object output": (b'{"instruction": "q", "output": {}}', "output is an object, not text"),
    "garbage": (b"\x80\x81garbage", "not UTF-8: byte 0x80 at column 1"),
    "words": (b"instruction: q", "not JSON: a value is missing at column 1"),
}


@pytest.mark.parametrize("name", BAD_LINES)
def test_a_bad_line_is_named_and_the_others_are_in(tmp_path: Path, name: str) -> None:
    line, reason = BAD_LINES[name]
    before = GOOD.replace(b'"q"', '"é\u2028"'.encode()) + b"\r\n\n"
    report = imported(tmp_path, "rows.jsonl", before + line + b"\n" + GOOD)
    (problem,) = report.problems
    assert (problem.line, problem.byte) == (3, len(before))
    assert reason in problem.reason
    assert len(problem.preview) <= 200
    assert rows_in(tmp_path) == [("é\u2028", "", "a"), ("q", "", "a")]
    assert report.rows == 2
    with Dataset.open(tmp_path / "rows.sqlite") as data:
        assert [(f.line, f.byte, f.reason) for f in data.left_out()] == [
            (3, len(before), problem.reason)
        ]


@pytest.mark.parametrize(
    "text", ["007", "2020-01-01", "NA", "null", "", " \t", "=1+1", "1e5", "\ufeffx"]
)
def test_text_stays_text(tmp_path: Path, text: str) -> None:
    body = json.dumps({"instruction": text or "q", "output": text}).encode()
    imported(tmp_path, "rows.jsonl", body)
    assert rows_in(tmp_path) == [(text or "q", "", text)]


def test_numbers_come_in_as_they_were_written(tmp_path: Path) -> None:
    big = b"1" * 5000
    lines = [b'{"question": 1.10, "answer": %s}' % n for n in (b"-0", b"1e400", big, b"true")]
    imported(tmp_path, "rows.jsonl", b"\n".join(lines))
    assert [row[2] for row in rows_in(tmp_path)] == ["-0", "1e400", big.decode(), "true"]
    assert {row[0] for row in rows_in(tmp_path)} == {"1.10"}


@pytest.mark.parametrize(
    ("columns", "mapping"),
    [
        (("instruction", "input", "output"), ("instruction", "input", "output")),
        (("prompt", "completion"), ("instruction", "output")),
        (("Question", "Answer"), ("instruction", "output")),
        (("question", "context", "response"), ("instruction", "input", "output")),
        (("instruction", "prompt", "output"), ("instruction", None, "output")),
    ],
)
def test_columns_with_usual_names_find_their_place(
    tmp_path: Path, columns: tuple[str, ...], mapping: tuple[str | None, ...]
) -> None:
    body = json.dumps({column: column for column in columns}).encode()
    report = imported(tmp_path, "rows.jsonl", body)
    assert report.mapping == {c: role for c, role in zip(columns, mapping, strict=True) if role}


def test_a_mapping_may_name_any_columns_and_a_split(tmp_path: Path) -> None:
    lines = [{"frage": "q", "reply": "a", "part": part} for part in ("val", "test", "", "odd")]
    content = "\n".join(json.dumps(line) for line in lines).encode()
    mapping = {"frage": "instruction", "reply": "output", "part": "split"}
    report = imported(tmp_path, "rows.jsonl", content, mapping=mapping)
    with Dataset.open(tmp_path / "rows.sqlite") as data:
        assert [row.split for row in data.rows()] == ["validation", "test", "train"]
    assert "the split is 'odd'" in report.problems[0].reason


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ({"nix": "instruction", "b": "output"}, "no column 'nix'"),
        ({"a": "question"}, "'question' is not a role"),
        ({"a": "output", "b": "output"}, "Two columns are output"),
        ({"a": "instruction"}, "need a column for instruction and output"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(
    tmp_path: Path, mapping: dict[str, str], said: str
) -> None:
    with pytest.raises(DataError, match=said):
        imported(tmp_path, "rows.jsonl", b'{"a": "1", "b": "2"}', mapping=mapping)


REFUSED = {
    "empty": ("rows.jsonl", b"", "is empty"),
    "blank": ("rows.jsonl", b"\xef\xbb\xbf \n\n", "is empty"),
    "zip": ("rows.zip", b"PK\x03\x04" + b"x" * 99, "is damaged or cut short"),
    "gzip": ("rows.jsonl.gz", b"\x1f\x8b\x08" + b"x" * 99, "is damaged or cut short"),
    "parquet": ("rows.parquet", b"PAR1" + b"x" * 99, "is a Parquet file"),
    "binary": ("rows.jsonl", bytes(range(256)) * 9, "no row that can be used|is not text"),
    "no rows": ("rows.jsonl", b"[1]\n{'a'}\n", "no row that can be used: line 1"),
    "all bad": (
        "rows.jsonl",
        b'{"instruction": 1, "output": null}\n' * 3,
        "no row that can be used",
    ),
    "columns": (
        "rows.jsonl",
        b'{"foo": "1", "bar": "2"}',
        r"it is not clear what its columns are \(foo, bar\)",
    ),
    "chats": (
        "rows.jsonl",
        b'{"messages": [{"role": "user"}]}',
        "line 1 is left out, turn 1 has no content",
    ),
    "no list": ("rows.json", b'{"rows": 7}', "not clear what its columns are"),
    "empty list": ("rows.json", b"[]", "no row that can be used"),
    "bad utf8": (
        "rows.json",
        b'[\n{"instruction": "\xff"}]',
        "line 2 is left out, not UTF-8: byte 0xff",
    ),
    "heading only": ("rows.csv", b"instruction,output\n", "no row that can be used"),
    "heading twice": ("rows.csv", b"output,output\n1,2\n", "names the column 'output' twice"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_used_is_refused_and_leaves_nothing(
    tmp_path: Path, name: str
) -> None:
    file, content, said = REFUSED[name]
    with pytest.raises(DataError, match=said):
        imported(tmp_path, file, content)
    assert [path.name for path in tmp_path.iterdir()] == [file]


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "rows.sqlite"
    with pytest.raises(DataError, match="is a folder"):
        import_file(tmp_path, target)
    with pytest.raises(DataError, match="cannot be read: no such file"):
        import_file(tmp_path / "nowhere.jsonl", target)
    os.mkfifo(tmp_path / "pipe.jsonl")
    with pytest.raises(DataError, match="no ordinary file"):
        import_file(tmp_path / "pipe.jsonl", target)
    (tmp_path / "zero.jsonl").symlink_to("/dev/zero")
    with pytest.raises(DataError, match="no ordinary file"):
        import_file(tmp_path / "zero.jsonl", target)


@pytest.mark.parametrize(
    ("content", "rows", "problems"),
    [
        (b'[{"instruction":"q","output":"a"}]', 1, []),
        (b'\xef\xbb\xbf{"data": [{"instruction":"q","output":"a"}], "version": 1}', 1, []),
        (b'[\n{"instruction":"q","output":"a"},\n7,\n{"instruction":"r","output":"b"}\n]', 2, [3]),
        (b'[\n{"instruction":"q" "output":"a"},\n{"instruction":"r","output":"b"}\n]', 1, [2]),
        (b'[{"instruction":"q","output":"a"}\n{"instruction":"r","output":"b"}]', 2, []),
        (b'[{"instruction":"q","output":"a"},\n', 1, [2]),
        ('[\n\n{"instruction":"\u2028é","output":"a"},\n{"x":1}\n]'.encode(), 1, [4]),
    ],
)
def test_a_list_in_one_document_comes_in_item_by_item(
    tmp_path: Path, content: bytes, rows: int, problems: list[int]
) -> None:
    report = imported(tmp_path, "rows.json", content)
    assert report.rows == rows
    assert [problem.line for problem in report.problems] == problems
    starts = [0, *(at + 1 for at, byte in enumerate(content) if byte == 10)]
    assert [problem.byte for problem in report.problems] == [starts[line - 1] for line in problems]


def test_a_list_is_found_whatever_the_file_is_called(tmp_path: Path) -> None:
    assert imported(tmp_path, "rows.jsonl", b"[\n" + GOOD + b"\n]").rows == 1
    assert imported(tmp_path, "rows.json", GOOD + b"\n" + GOOD).rows == 2
    assert imported(tmp_path, "rows.txt", GOOD + b"\n").rows == 1
    assert imported(tmp_path, "rows.data", b"instruction\toutput\nq\ta\n").rows == 1


def test_tables_keep_quoted_line_ends_and_doubled_quotes(tmp_path: Path) -> None:
    content = (
        b"\xef\xbb\xbfinstruction,input,output\r\n"
        b'"two\r\nlines, one ""quoted""",,007\r\n'
        b"\r\n"
        b"=1+1,@x,-2\r\n"
    )
    report = imported(tmp_path, "rows.csv", content)
    assert rows_in(tmp_path) == [('two\r\nlines, one "quoted"', "", "007"), ("=1+1", "@x", "-2")]
    assert not report.problems


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (b"only one", "it has 1 column, not 2"),
        (b"a,b,c", "it has 3 columns, not 2"),
        (b'"never closed,b', "a quote"),
        (b'"x"y,b', "a quote stands inside a cell"),
        (b"a\rb,c", "a carriage return stands inside a cell"),
        (b"\xff,b", "not UTF-8: byte 0xff at column 1"),
    ],
)
def test_a_bad_record_of_a_table_costs_that_line_only(
    tmp_path: Path, record: bytes, reason: str
) -> None:
    before = b'question,answer\n"two\nlines",a\n'
    report = imported(tmp_path, "rows.csv", before + record + b"\nlast,row\n")
    (problem,) = report.problems
    assert (problem.line, problem.byte) == (4, len(before))
    assert reason in problem.reason
    assert rows_in(tmp_path) == [("two\nlines", "", "a"), ("last", "", "row")]


def test_semicolons_and_tabs_divide_columns_too(tmp_path: Path) -> None:
    imported(tmp_path, "rows.csv", b"question;answer\nq,1;a\n")
    assert rows_in(tmp_path) == [("q,1", "", "a")]
    imported(tmp_path, "rows.tsv", b"question\tanswer\nq,1\ta\n")
    assert rows_in(tmp_path) == [("q,1", "", "a")]


def test_what_a_column_is_called_in_quotes_does_not_divide_columns(tmp_path: Path) -> None:
    imported(tmp_path, "rows.csv", b'question,answer,"why; how; ""so"""\nq,a,b\n')
    assert rows_in(tmp_path) == [("q", "", "a")]


def test_a_cell_of_twelve_megabytes_comes_in(tmp_path: Path) -> None:
    imported(tmp_path, "rows.csv", b"question,answer\nq," + b"x" * 12_000_000 + b"\n")
    assert len(rows_in(tmp_path)[0][2]) == 12_000_000


def test_a_line_past_the_limit_is_left_out_without_filling_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.data.jsonlines.MAX_ROW", 1 << 20)
    long = b'{"instruction": "' + b"x" * (3 << 20) + b'"}'
    report = imported(tmp_path, "rows.jsonl", GOOD + b"\n" + long + b"\n" + GOOD + b"\n{")
    assert report.rows == 2
    assert [(p.line, p.byte) for p in report.problems] == [
        (2, len(GOOD) + 1),
        (4, 2 * len(GOOD) + len(long) + 3),
    ]
    assert "longer than 1 MiB" in report.problems[0].reason


def test_an_import_that_is_stopped_leaves_nothing(tmp_path: Path) -> None:
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 2

    with pytest.raises(ImportCancelled):
        imported(tmp_path, "rows.jsonl", (GOOD + b"\n") * 5000, cancelled=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["rows.jsonl"]


def test_progress_goes_from_the_start_to_the_size_of_the_file(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    content = (GOOD + b"\n") * 3000
    imported(tmp_path, "rows.jsonl", content, progress=lambda p: seen.append((p.done, p.total)))
    assert seen == sorted(seen)
    assert seen[0] == (0, len(content))
    assert len(seen) == 7


def test_a_dataset_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    imported(tmp_path, "rows.jsonl", GOOD)
    before = (tmp_path / "rows.sqlite").read_bytes()
    with pytest.raises(DataError, match="There is a dataset rows already"):
        import_file(tmp_path / "rows.jsonl", tmp_path / "rows.sqlite")
    assert (tmp_path / "rows.sqlite").read_bytes() == before


def test_an_import_onto_a_full_disk_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    source = tmp_path / "rows.jsonl"
    source.write_bytes((GOOD.replace(b'"a"', b'"' + b"a" * 500 + b'"') + b"\n") * 5000)
    program = (
        "import resource, sys; from pathlib import Path\n"
        "from studio.core.problems import StudioError; from studio.data.importing import import_file\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200000, 200000))\n"
        "try:\n"
        "    import_file(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "except StudioError as problem:\n"
        "    print(type(problem).__name__, problem.summary)\n"
    )
    args = [sys.executable, "-c", program, str(source), str(tmp_path / "rows.sqlite")]
    done = subprocess.run(args, capture_output=True, text=True, check=False)
    assert "the disk is full or reports a fault" in done.stdout, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["rows.jsonl"]


@pytest.mark.parametrize("content", [b'[{"a":1}]]x', b"[]}]", b"[}]", b'[{"a"]]', b"[1]}]}"])
def test_brackets_out_of_order_come_to_an_end(tmp_path: Path, content: bytes) -> None:
    with suppress(DataError):  # refused or not: that it ends is what counts
        imported(tmp_path, "rows.json", content)


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    content=st.one_of(
        st.binary(max_size=300),
        st.lists(
            st.sampled_from(
                [GOOD, b"\n", b"\r\n", b'"', b"{", b"}", b"[", b"]", b",", b"\xef\xbb\xbf", b"\\"]
            ),
            max_size=20,
        ).map(b"".join),
    ),
    ending=st.sampled_from(["jsonl", "json", "csv", "tsv", "txt"]),
)
def test_any_bytes_are_imported_or_refused_with_a_sentence(
    tmp_path: Path, content: bytes, ending: str
) -> None:
    said = ""
    try:
        rows = imported(tmp_path, f"rows.{ending}", content).rows
    except DataError as problem:
        rows, said = 0, problem.summary
    assert said.endswith(".") if not rows else len(rows_in(tmp_path)) == rows


# Export


def exported(folder: Path) -> bytes:
    with Dataset.open(folder / "rows.sqlite") as data:
        export_jsonl(data, folder / "out.jsonl")
    return (folder / "out.jsonl").read_bytes()


@pytest.mark.parametrize("end", [b"\n", b""])
def test_rows_that_were_not_touched_leave_byte_for_byte(tmp_path: Path, end: bytes) -> None:
    content = (
        b'{"output":"a" , "id": 1e400,  "instruction":"\\u00e9"}\r\n'
        b'{"instruction": "x", "output": 1.10, "more": {"b": [1.0, 12345678901234567890]}}\n'
        b'{"instruction": "x", "input": null, "output": "y"}' + end
    )
    imported(tmp_path, "rows.jsonl", content)
    assert exported(tmp_path) == content


def test_an_edited_row_changes_its_text_and_nothing_else_and_undo_gives_its_bytes_back(
    tmp_path: Path,
) -> None:
    content = b'{"id": 1.10, "answer":"a", "question":"q"}\n' + b'{"question":"q","answer":"b"}\n'
    imported(tmp_path, "rows.jsonl", content)
    with Dataset.open(tmp_path / "rows.sqlite") as data:
        data.edit(int(data.ids[0]), "output", 'new "é"\n')
        data.insert(2, [])
    lines = exported(tmp_path).split(b"\n")
    assert lines[0].decode() == '{"id": 1.10, "answer": "new \\"é\\"\\n", "question": "q"}'
    assert lines[1] == content.split(b"\n")[1]
    with Dataset.open(tmp_path / "rows.sqlite") as data:
        data.undo()
        data.undo()
    assert exported(tmp_path) == content


def test_rows_of_a_table_leave_with_all_their_columns(tmp_path: Path) -> None:
    imported(tmp_path, "rows.csv", b"id,question,answer\n007,q,a\n")
    with Dataset.open(tmp_path / "rows.sqlite") as data:
        assert export_jsonl(data, tmp_path / "out.jsonl") == 1
    line = json.loads((tmp_path / "out.jsonl").read_text())
    assert line == {"id": "007", "question": "q", "answer": "a"}


def test_what_was_exported_comes_in_again_as_the_same_rows(tmp_path: Path) -> None:
    content = b'[{"instruction": "q\\u2028", "input": "\\r\\n", "output": "a", "x": [1.50]}]'
    imported(tmp_path, "rows.json", content)
    before = rows_in(tmp_path)
    imported(tmp_path, "again.jsonl", exported(tmp_path))
    assert rows_in(tmp_path) == before


def test_an_export_that_fails_keeps_what_was_there(tmp_path: Path) -> None:
    imported(tmp_path, "rows.jsonl", GOOD)
    with Dataset.open(tmp_path / "rows.sqlite") as data:
        with pytest.raises(DataError, match="cannot be written"):
            export_jsonl(data, tmp_path / "nowhere" / "out.jsonl")
        (tmp_path / "folder").mkdir()
        with pytest.raises(DataError, match="cannot be written"):
            export_jsonl(data, tmp_path / "folder")
    names = (path.name for path in tmp_path.iterdir())
    assert sorted(name for name in names if name != ".rows.lock") == [
        "folder",
        "rows.jsonl",
        "rows.sqlite",
    ]


def test_an_export_onto_a_full_disk_says_so(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no full device")
    from studio.data.exporting import _no_room

    with (
        pytest.raises(OSError, match="No space") as caught,
        open("/dev/full", "wb", buffering=0) as file,
    ):
        file.write(b"x" * 100_000)
    assert isinstance(_no_room(tmp_path, caught.value), DiskFullError)
