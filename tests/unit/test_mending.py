"""What an import left out becomes a row once it is mended, and stays listed until then."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.core.problems import DataError
from studio.data.exporting import export_jsonl
from studio.data.importing import import_files
from studio.data.looking import look_at
from studio.data.mending import mend, still_out, whole_text
from studio.data.store import Dataset
from studio.data.textrows import Each


def brought_in(folder: Path, name: str, content: bytes, each: Each = Each.FILE) -> Dataset:
    (folder / name).write_bytes(content)
    import_files(look_at(folder / name, each=each), folder / "data.sqlite")
    return Dataset.open(folder / "data.sqlite")


def test_a_mended_line_takes_its_place_with_tags_split_and_other_columns(tmp_path: Path) -> None:
    good = b'{"instruction": "%d", "output": "a", "split": "train", "tags": ["x"], "id": 1.10}'
    lines = [good % 1, (good % 2).replace(b": 1.10}", b" 1.10}"), good % 3]
    with brought_in(tmp_path, "rows.jsonl", b"\n".join(lines)) as data:
        (entry,) = still_out(data)
        assert whole_text(data, entry) == lines[1].decode()
        mended = good.replace(b'"train"', b'"val"') % 2
        change = mend(data, entry, mended.decode())
        assert [row.instruction for row in data.rows()] == ["1", "2", "3"]
        row = data.row(int(change.rows[0]))
        assert (row.split, row.tags) == ("validation", ("x",))
        assert still_out(data) == []
        export_jsonl(data, tmp_path / "out.jsonl")
        assert (tmp_path / "out.jsonl").read_bytes().splitlines()[1] == mended
        data.undo()
        assert still_out(data) == data.left_out()
        data.redo()
        assert still_out(data) == []


def test_it_goes_below_the_row_before_it_wherever_that_is_now(tmp_path: Path) -> None:
    lines = b"question,answer\n1,a\n2\n3,a\n"
    with brought_in(tmp_path, "rows.csv", lines) as data:
        data.insert(0, [("0", "", "")])
        (entry,) = still_out(data)
        mend(data, entry, '2,"a ""b"""\n')
        assert [row.texts for row in data.rows()] == [
            ("0", "", ""),
            ("1", "", "a"),
            ("2", "", 'a "b"'),
            ("3", "", "a"),
        ]


@pytest.mark.parametrize("sign", ["\u2028", "\x85", "\x0c"])
def test_a_sign_that_ends_no_line_of_a_file_ends_none_of_a_mended_row(
    tmp_path: Path, sign: str
) -> None:
    with brought_in(tmp_path, "rows.csv", b'question,answer,"not; e; d"\n1,a,x\n2\n') as data:
        (entry,) = still_out(data)
        mend(data, entry, f'q{sign}2,"a{sign}b\nc",x')
        assert data.read(1, 2)[0].texts == (f"q{sign}2", "", f"a{sign}b\nc")


def test_it_may_go_to_the_end(tmp_path: Path) -> None:
    with brought_in(tmp_path, "rows.jsonl", b'[]\n{"text": "a"}\n{"text": "b"}\n') as data:
        (entry,) = still_out(data)
        mend(data, entry, '{"text": "c"}', at_end=True)
        assert [row.text("text") for row in data.rows()] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("name", "content", "text", "reason"),
    [
        ("rows.jsonl", b'{"text": "a"}\n{"text" "b"}', '{"text" "b"}', "a colon is missing"),
        ("rows.jsonl", b'{"text": "a"}\n[]', "[" * 100_000, "nested too deeply"),
        (
            "rows.json",
            b'[{"text": "a"},\n{"text": "\xff"}]',
            '{"text": 1, "text": 2}',
            "there twice",
        ),
        ("rows.csv", b"question,answer\nq,a\nq", "q\nr", "it is 2 rows, not one"),
        ("rows.csv", b"question,answer\nq,a\nq", '"q', "a quote is not closed"),
        ("rows.csv", b"question,answer\nq,a\nq", "q,a,b", "it has 3 columns, not 2"),
    ],
)
def test_what_is_still_wrong_is_said_and_changes_nothing(
    tmp_path: Path, name: str, content: bytes, text: str, reason: str
) -> None:
    with brought_in(tmp_path, name, content) as data:
        entry, *_ = still_out(data)
        with pytest.raises(DataError, match=reason):
            mend(data, entry, text)
        assert (len(data), data.undo_text) == (1, "")
        assert still_out(data)[0] == entry


def test_a_row_of_running_text_is_mended_as_text(tmp_path: Path) -> None:
    with brought_in(tmp_path, "a.txt", b"One\nStra\xdfe\n", Each.LINE) as data:
        (entry,) = still_out(data)
        mend(data, entry, "Straße")
        assert [row.text("text") for row in data.rows()] == ["One", "Straße"]


def test_what_is_too_long_to_be_kept_cannot_be_mended_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("jsonlines", "importing", "mending"):
        monkeypatch.setattr(f"studio.data.{name}.RAW_KEPT", 50)
    with brought_in(tmp_path, "rows.jsonl", b'{"text": "a"}\n"' + b"x" * 99) as data:
        (entry,) = still_out(data)
        assert whole_text(data, entry) is None
        assert entry.preview == '"' + "x" * 49


def test_what_was_dismissed_is_listed_again_when_that_is_taken_back(tmp_path: Path) -> None:
    with brought_in(tmp_path, "rows.jsonl", b'{"text": "a"}\n[]\n') as data:
        (entry,) = still_out(data)
        data.mark_fixed(entry.id, 0)
        assert still_out(data) == []
        data.mark_fixed(entry.id, None)
        assert still_out(data) == [entry]
