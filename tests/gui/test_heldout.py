"""Held-out rows of a run, read between other events."""

from __future__ import annotations

import json

import pytest

from studio.app import heldout
from studio.app.heldout import HeldOutReader


@pytest.fixture
def reader(qapp):
    return HeldOutReader()


def write(path, *rows: tuple[str, str]) -> None:
    with path.open("w") as file:
        for number, (split, text) in enumerate(rows):
            body = {"row": number, "split": split, "instruction": text, "input": "", "output": "o"}
            file.write(json.dumps(body, separators=(",", ":")) + "\n")


def read(qtbot, reader, path) -> list:
    with qtbot.waitSignal(reader.read) as told:
        reader.ask(path)
    return told.args[0]


def test_test_rows_are_preferred_to_validation_rows(qtbot, reader, tmp_path):
    path = tmp_path / "rows.jsonl"
    write(path, ("train", "a"), ("validation", "b"), ("test", "c"))
    assert [(r.question, r.split, r.row) for r in read(qtbot, reader, path)] == [("c", "test", 2)]
    write(path, ("train", "a"), ("validation", "b"))
    assert [r.question for r in read(qtbot, reader, path)] == ["b"]


@pytest.mark.parametrize(
    ("kind", "texts", "asked"),
    [
        ("triple", {"instruction": "q", "input": "x", "output": "a"}, ("q\nx", "a")),
        (
            "conversation",
            {
                "messages": json.dumps(
                    [
                        {"role": "system", "content": "s"},
                        {"role": "user", "content": [{"type": "text", "text": "q"}]},
                        {"role": "assistant", "content": "a"},
                        {"role": "user", "content": "more"},
                    ]
                ),
                "tools": "",
            },
            ("q", "a"),
        ),
        (
            "preference",
            {"prompt": "q", "chosen": "a", "rejected": "no", "messages": ""},
            ("q", "a"),
        ),
        ("text", {"text": "one two"}, ("one", "two")),
    ],
)
def test_rows_of_every_kind_give_a_question(qtbot, reader, tmp_path, kind, texts, asked):
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"row": 1, "split": "test", "kind": kind, **texts}) + "\n")
    assert [(r.question, r.written) for r in read(qtbot, reader, path)] == [asked]


def test_rows_that_ask_nothing_are_left_out(qtbot, reader, tmp_path):
    path = tmp_path / "rows.jsonl"
    body = {"row": 1, "split": "test", "kind": "conversation", "tools": ""}
    with path.open("w") as file:
        for messages in ("", "not JSON", '[{"role": "assistant", "content": "a"}]'):
            file.write(json.dumps(body | {"messages": messages}) + "\n")
    assert read(qtbot, reader, path) == []


def test_a_text_that_names_a_split_is_not_taken_for_it(qtbot, reader, tmp_path):
    path = tmp_path / "rows.jsonl"
    write(path, ("test", 'say "split":"train" twice'))
    assert len(read(qtbot, reader, path)) == 1


def test_a_file_is_read_in_slices_that_end_with_a_line(qtbot, reader, tmp_path, monkeypatch):
    monkeypatch.setattr(heldout, "SLICE", 50)
    path = tmp_path / "rows.jsonl"
    write(path, *[("test", f"question {n}") for n in range(40)])
    assert [r.question for r in read(qtbot, reader, path)] == [f"question {n}" for n in range(40)]


def test_lines_that_are_not_rows_and_missing_files_give_nothing(qtbot, reader, tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'not json\n[1]\n{"split":"test"}\n\xff\n{"row":1,"split":"odd"}\n')
    assert read(qtbot, reader, path) == []
    assert read(qtbot, reader, tmp_path / "gone") == []


def test_only_the_run_asked_for_last_is_told(qtbot, reader, tmp_path):
    first, last = tmp_path / "first", tmp_path / "last"
    write(first, ("test", "first"))
    write(last, ("test", "last"))
    told: list = []
    reader.read.connect(told.append)
    reader.ask(first)
    reader.ask(last)
    qtbot.waitUntil(lambda: bool(told))
    assert [[row.question for row in rows] for rows in told] == [["last"]]
