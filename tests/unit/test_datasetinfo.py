"""LLaMA-Factory's dataset_info.json: read as it is meant, never out of its folder, and written."""

from __future__ import annotations

import json

import pytest

from studio.core.example import Kind
from studio.core.problems import DataError
from studio.data import layouts
from studio.data.datasetinfo import entry_of, read_info, write_entry
from studio.data.exporting import export
from studio.data.exportplan import ExportPlan, layouts_for
from studio.data.importing import import_files
from studio.data.layouts import Layout
from studio.data.looking import look_at
from studio.data.rowshapes import fitting
from studio.data.rowwriting import STANDARD
from studio.data.store import Dataset
from tests.unit.test_exporting import EXAMPLE

FULL = {
    "plain": {"file_name": "plain.json"},
    "talk": {
        "file_name": "talk.jsonl",
        "formatting": "sharegpt",
        "columns": {"messages": "conversations", "system": "sys", "tools": "tools"},
    },
    "openai": {
        "file_name": "talk.jsonl",
        "formatting": "sharegpt",
        "columns": {"messages": "messages"},
        "tags": {"role_tag": "role", "content_tag": "content", "user_tag": "user"},
    },
    "pairs": {
        "file_name": "pairs.json",
        "ranking": True,
        "columns": {"prompt": "q", "chosen": "yes", "rejected": "no"},
    },
    "kto": {
        "file_name": "kto.json",
        "formatting": "sharegpt",
        "columns": {"messages": "messages", "kto_tag": "label"},
    },
    "more": {
        "file_name": "more.json",
        "columns": {"prompt": "i", "query": "x", "response": "o", "history": "h", "system": "s"},
    },
    "pretrain": {"file_name": "text.json", "columns": {"prompt": "text"}},
    "hub": {"hf_hub_url": "owner/name", "subset": "en", "split": "train_sft"},
}
EXPECTED = {
    "plain": (Kind.TRIPLE, {"instruction": "instruction", "input": "input", "output": "output"}),
    "talk": (
        Kind.CONVERSATION,
        {"conversations": "messages", "sys": "system", "tools": "tools"},
    ),
    "openai": (Kind.CONVERSATION, {"messages": "messages"}),
    "pairs": (Kind.PREFERENCE, {"q": "prompt", "yes": "chosen", "no": "rejected"}),
    "kto": (Kind.PREFERENCE, {"messages": "messages", "label": "label"}),
    "more": (
        Kind.CONVERSATION,
        {"i": "instruction", "x": "input", "o": "output", "s": "system", "h": "history"},
    ),
    "pretrain": (Kind.TEXT, {"text": "text"}),
}


@pytest.fixture
def folder(tmp_path):
    """A folder with every kind of entry, and the files that they name."""
    (tmp_path / "dataset_info.json").write_text(json.dumps(FULL), "utf-8")
    for entry in FULL.values():
        if "file_name" in entry:
            (tmp_path / entry["file_name"]).write_text("[]")
    return tmp_path


def test_each_entry_says_what_its_columns_are(folder):
    entries = {entry.name: entry for entry in read_info(folder / "dataset_info.json")}
    assert list(entries) == list(FULL)
    for name, (kind, roles) in EXPECTED.items():
        reading = entries[name].reading
        assert reading is not None
        assert (reading.kind, reading.roles) == (kind, roles), name
        assert entries[name].path == folder / FULL[name]["file_name"]
        assert entries[name].trouble == ""
    assert (entries["hub"].hub, entries["hub"].config, entries["hub"].split) == (
        "owner/name",
        "en",
        "train_sft",
    )


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"file_name": "/etc/passwd"}, "outside the folder"),
        ({"file_name": "../secret.json"}, "outside the folder"),
        ({"file_name": "a/../../secret.json"}, "outside the folder"),
        ({"file_name": "C:\\secret.json"}, "outside the folder"),
        ({"file_name": "..\\secret.json"}, "outside the folder"),
        ({"file_name": "link.json"}, "leads out of the folder"),
        ({"file_name": "missing.json"}, "There is no missing.json"),
        ({"script_url": "code.py"}, "needs a script"),
        ({"ms_hub_url": "a/b"}, "another hub"),
        ({"file_name": "a.json", "formatting": "odd"}, "formatting is 'odd'"),
        ({"file_name": "a.json", "columns": {"prompt": 3}}, "not names"),
        ({"file_name": "a.json", "columns": {"prompt": "p", "images": "i"}}, "has images"),
        ([], "not an object"),
    ],
)
def test_an_entry_that_cannot_be_taken_says_why(tmp_path, entry, why):
    (tmp_path / "in").mkdir()
    (tmp_path / "secret.json").write_text("[]")
    (tmp_path / "in" / "link.json").symlink_to(tmp_path / "secret.json")
    (tmp_path / "in" / "dataset_info.json").write_text(json.dumps({"x": entry}))
    (found,) = read_info(tmp_path / "in" / "dataset_info.json")
    assert why in found.trouble
    assert found.path is None


def test_one_bad_comma_is_named_by_its_line_and_column(tmp_path):
    (tmp_path / "dataset_info.json").write_text('{\n  "a": {"file_name": "x"}\n  "b": {}\n}')
    with pytest.raises(DataError, match="line 3, a comma is missing at column 3"):
        read_info(tmp_path / "dataset_info.json")


def every_layout():
    return [(kind, layout) for kind in Kind for layout in layouts_for(kind)]


@pytest.mark.parametrize(("kind", "layout"), every_layout())
def test_an_entry_that_is_written_reads_as_the_file_it_is_for(tmp_path, kind, layout):
    example = EXAMPLE[kind]
    if kind is Kind.CONVERSATION:
        example = type(example)((*example.turns, {"role": "assistant", "content": "b"}))
    with Dataset.create(tmp_path / "a.sqlite", kind) as dataset:
        dataset.insert(0, [example])
        export(dataset, tmp_path / "out.jsonl", ExportPlan(layout=layout, info=True))
    (entry,) = read_info(tmp_path / "dataset_info.json")
    assert entry.trouble == ""
    assert entry.reading is not None
    (plan,) = look_at(tmp_path / "out.jsonl")
    reading = fitting(entry.reading, plan.columns)
    assert reading.kind is STANDARD[layout].kind
    report = import_files([plan.read_as(reading)], tmp_path / "back.sqlite")
    assert not report.problems
    assert report.rows == (2 if layout in (Layout.KTO, Layout.KTO_TURNS) else 1)


def test_entries_that_are_there_stay(tmp_path):
    (tmp_path / "dataset_info.json").write_text('{"other": {"file_name": "o.json"}}')
    write_entry(tmp_path / "new.jsonl", STANDARD[Layout.ALPACA])
    found = json.loads((tmp_path / "dataset_info.json").read_text("utf-8"))
    assert list(found) == ["other", "new"]
    assert found["new"] == {
        "file_name": "new.jsonl",
        "columns": {"prompt": "instruction", "query": "input", "response": "output"},
    }


def test_a_broken_file_of_entries_is_not_overwritten(tmp_path):
    (tmp_path / "dataset_info.json").write_text("{,}")
    with pytest.raises(DataError):
        write_entry(tmp_path / "new.jsonl", STANDARD[Layout.ALPACA])
    assert (tmp_path / "dataset_info.json").read_text() == "{,}"


def test_turns_with_roles_say_so_to_the_other_program(tmp_path):
    entry = entry_of(tmp_path / "x.jsonl", STANDARD[Layout.OPENAI])
    assert entry["formatting"] == "sharegpt"
    assert entry["tags"]["role_tag"] == "role"
    assert entry["columns"]["messages"] == "messages"
    assert layouts.MESSAGES in STANDARD[Layout.OPENAI].roles.values()
