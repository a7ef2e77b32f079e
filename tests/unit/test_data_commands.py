"""The commands about datasets, as a script calls them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from studio.cli import run_command
from tests.helpers.badpacks import bomb
from tests.helpers.tinymodel import make_tiny_model

Captured = pytest.CaptureFixture[bytes]
GOOD = '{"instruction": "q", "input": "", "output": "a"}\n'


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GRAFT_WORKSPACE", str(tmp_path / "ws"))
    (tmp_path / "rows.jsonl").write_text(GOOD * 3 + '{"instruction": "é" "x"}\n[]\n')
    return tmp_path


def answer(captured: Captured, *args: str | Path) -> Any:
    """Run a command with --json; return its one document, from stdout or stderr."""
    code = run_command([*map(str, args), "--json"])
    out, err = captured.readouterr()
    assert len((out or err).splitlines()) == 1
    return json.loads(out if code == 0 else err)


def test_an_import_with_bad_rows_is_a_success_and_names_them(
    place: Path, capsysbinary: Captured
) -> None:
    found = answer(capsysbinary, "data", "import", place / "rows.jsonl")
    assert (found["dataset"], found["rows"]) == ("rows", 3)
    start = 3 * len(GOOD)
    assert [(p["line"], p["byte"]) for p in found["problems"]] == [(4, start), (5, start + 26)]
    assert found["problems"][0]["reason"] == "not JSON: a comma is missing at column 21"
    again = answer(capsysbinary, "data", "import", place / "rows.jsonl")
    assert again["dataset"] == "rows-2"


def test_people_get_a_sentence_and_the_lines_beside_it(place: Path, capsysbinary: Captured) -> None:
    assert run_command(["data", "import", str(place / "rows.jsonl")]) == 0
    out, err = capsysbinary.readouterr()
    assert out == b"rows: 3 rows are in. 2 lines are left out.\n"
    assert err.splitlines()[0].startswith(b"  line 4, byte ")


def test_columns_may_be_mapped_and_a_taken_name_is_refused(
    place: Path, capsysbinary: Captured
) -> None:
    (place / "odd.csv").write_text("frage,a=b\nq,x\n")
    args = ("data", "import", place / "odd.csv", "--name", "odd")
    found = answer(capsysbinary, *args, "--map", "frage=instruction", "--map", "a=b=output")
    assert found["mapping"] == {"frage": "instruction", "a=b": "output"}
    refused = answer(capsysbinary, *args, "--map", "frage=instruction", "--map", "a=b=output")
    assert "cannot be the dataset's name" in refused["error"]["summary"]
    assert "odd-2" in refused["error"]["hint"]
    unmapped = answer(capsysbinary, "data", "import", place / "odd.csv")
    assert "not clear what its columns are" in unmapped["error"]["summary"]


@pytest.mark.parametrize(
    "args",
    [
        ["data"],
        ["data", "import", "x", "--map", "nothing"],
        ["preview", "x", "--model", "m"],
        ["preview", "x", "--model", "m", "--row", "0", "--max-tokens", "0"],
    ],
)
def test_wrong_usage_is_two(place: Path, capsysbinary: Captured, args: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run_command(args)
    assert caught.value.code == 2
    assert capsysbinary.readouterr().err.startswith(b"usage: ")


def test_several_files_become_one_dataset_and_say_which_file_is_meant(
    place: Path, capsysbinary: Captured
) -> None:
    (place / "more.jsonl").write_text(GOOD + "[]\n")
    found = answer(capsysbinary, "data", "import", place / "more.jsonl", place / "rows.jsonl")
    assert (found["dataset"], found["rows"], found["kind"]) == ("more", 4, "triple")
    assert found["files"] == ["more.jsonl", "rows.jsonl"]
    assert [p["file"] for p in found["problems"]] == ["more.jsonl", "rows.jsonl", "rows.jsonl"]


def test_running_text_becomes_rows_of_lines_or_paragraphs(
    place: Path, capsysbinary: Captured
) -> None:
    (place / "a.md").write_text("One\ntwo\n\nthree\n")
    for each, rows in (("file", 1), ("paragraph", 2), ("line", 3)):
        found = answer(capsysbinary, "data", "import", place / "a.md", "--each", each)
        assert (found["rows"], found["kind"]) == (rows, "text")


def test_rows_may_become_another_kind(place: Path, capsysbinary: Captured) -> None:
    args = ("data", "import", place / "rows.jsonl", "--kind", "conversation")
    assert answer(capsysbinary, *args)["kind"] == "conversation"
    refused = answer(capsysbinary, *args[:-1], "preference")
    assert "Preferences need a column for" in refused["error"]["summary"]


def test_a_packed_file_is_read_however_large_it_becomes_if_that_is_said(
    place: Path, capsysbinary: Captured
) -> None:
    (place / "rows.jsonl.gz").write_bytes(bomb(80))
    args = ("data", "import", place / "rows.jsonl.gz")
    assert "unpacks to more than" in answer(capsysbinary, *args)["error"]["summary"]
    assert answer(capsysbinary, *args, "--any-size")["rows"] == 1


def test_an_encoding_may_be_said(place: Path, capsysbinary: Captured) -> None:
    (place / "alt.csv").write_bytes("question,answer\nStraße,a\n".encode("cp1252"))
    args = ("data", "import", place / "alt.csv")
    assert "not UTF-8" in answer(capsysbinary, *args)["error"]["summary"]
    assert answer(capsysbinary, *args, "--encoding", "cp1252")["rows"] == 1
    assert "no encoding" in answer(capsysbinary, *args, "--encoding", "x")["error"]["summary"]


def test_an_export_gives_the_good_lines_back(place: Path, capsysbinary: Captured) -> None:
    answer(capsysbinary, "data", "import", place / "rows.jsonl")
    found = answer(capsysbinary, "data", "export", "rows", place / "out.jsonl")
    assert (found["path"], found["rows"]) == (str(place / "out.jsonl"), 3)
    assert (place / "out.jsonl").read_text() == GOOD * 3
    none = answer(capsysbinary, "data", "export", "rows", place / "t.jsonl", "--split", "test")
    assert none["rows"] == 0
    missing = answer(capsysbinary, "data", "export", "rosw", place / "out.jsonl")
    assert missing["error"]["hint"] == "Did you mean rows?"


@pytest.mark.slow
def test_preview_and_check_show_what_the_model_sees(
    place: Path, capsysbinary: Captured, tmp_path_factory: pytest.TempPathFactory
) -> None:
    model = make_tiny_model(tmp_path_factory.mktemp("model") / "tiny")
    answer(capsysbinary, "data", "import", place / "rows.jsonl")
    shown = answer(capsysbinary, "preview", "rows", "--row", "0", "--model", model)
    states = [token["state"] for token in shown["tokens"]]
    assert set(states) == {"masked", "trained", "end"}
    cut = answer(
        capsysbinary, "preview", "rows", "--row", "0", "--model", model, "--max-tokens", "20"
    )
    assert [token["state"] for token in cut["parts"][0]["tokens"]][20:] == ["cut"] * (
        len(states) - 20
    )
    checked = answer(capsysbinary, "data", "check", "rows", "--model", model, "--max-tokens", "20")
    assert checked["rows"] == 3
    assert {(p["row"], p["code"]) for p in checked["problems"]} >= {
        (row, "answer_cut") for row in range(3)
    }
    missing = answer(capsysbinary, "preview", "rows", "--row", "3", "--model", model)
    assert missing["error"]["summary"] == "There is no row 3: rows has 3 rows."
