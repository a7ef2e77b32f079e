"""``data check`` and ``data stats``, as a script and as a person calls them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from studio.cli import run_command
from studio.core.example import Triple
from studio.core.workspace import Workspace
from studio.data.store import Dataset
from tests.helpers.tinymodel import make_tiny_model

Captured = pytest.CaptureFixture[bytes]
TWIN = (
    "The ferry leaves the harbour twice a day, once before breakfast and once when the shops close,"
    " and most passengers stand outside in the rain, because the lounge smells of old coffee."
)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("GRAFT_WORKSPACE", str(tmp_path / "ws"))
    made = Workspace(tmp_path / "ws").create()
    with Dataset.create(made.dataset("rows")) as data:
        data.insert(0, [Triple("What?", "", "Mail jane@hotel-adler.de."), Triple("So?", "", "")])
        data.insert(2, [Triple("Say it.", "", TWIN)], "validation")
        data.insert(0, [Triple("Say it.", "", TWIN.replace("twice", "thrice"))])
        data.add_tag(data.ids[:2].tolist(), "short")
    return made


def answer(captured: Captured, *args: str | Path) -> Any:
    code = run_command([*map(str, args), "--json"])
    out, err = captured.readouterr()
    return json.loads(out if code == 0 else err)


def test_a_check_without_a_model_judges_texts(workspace: Workspace, capsysbinary: Captured) -> None:
    found = answer(capsysbinary, "data", "check", "rows")
    assert (found["rows"], found["tokens"]) == (4, [])
    problems = {(p["row"], p["code"]): p for p in found["problems"]}
    assert {(1, "email"), (2, "no_answer"), (3, "leak_near")} <= set(problems)
    assert problems[1, "email"]["detail"] == "jane@hotel-adler.de"
    assert problems[2, "no_answer"]["level"] == "stop"
    assert all(p["message"] and p["hint"] for p in found["problems"])
    classes = {each["code"]: each["rows"] for each in found["classes"]}
    assert classes["no_answer"] == 1


def test_the_threshold_of_near_copies_is_a_flag(
    workspace: Workspace, capsysbinary: Captured
) -> None:
    strict = answer(capsysbinary, "data", "check", "rows", "--near", "0.95")
    assert "leak_near" not in {p["code"] for p in strict["problems"]}
    with pytest.raises(SystemExit) as wrong:
        run_command(["data", "check", "rows", "--near", "0.2"])
    assert wrong.value.code == 2
    assert b"is not from 0.6 to 0.95" in capsysbinary.readouterr().err


def test_people_get_classes_by_gravity(workspace: Workspace, capsysbinary: Captured) -> None:
    assert run_command(["data", "check", "rows"]) == 0
    out, err = capsysbinary.readouterr()
    lines = out.decode().splitlines()
    assert lines[0].startswith("4 rows. ")
    assert lines[1].startswith("stop    No answer: row 2")
    assert "Write an answer, or delete the row." in err.decode()


@pytest.mark.slow
def test_statistics_have_numbers_of_texts_tokens_and_tokenizer(
    workspace: Workspace, tmp_path: Path, capsysbinary: Captured
) -> None:
    bare = answer(capsysbinary, "data", "stats", "rows")
    assert (bare["tokens"], bare["fit"]) == (None, None)
    assert bare["splits"] == {"train": 3, "validation": 1, "test": 0}
    assert bare["tags"] == {"short": 2}
    assert {field["name"] for field in bare["fields"]} == {"instruction", "output"}
    model = make_tiny_model(tmp_path / "tiny")
    found = answer(capsysbinary, "data", "stats", "rows", "--model", model, "--max-tokens", "60")
    assert found["tokens"]["total"] > found["tokens"]["trained"] > 0
    assert sum(found["tokens"]["histogram"].values()) == 4
    assert found["tokens"]["cut"] == 4 - sum(n <= 60 for n in _sizes(capsysbinary, model))
    assert found["fit"]["characters_per_token"] > 0
    assert run_command(["data", "stats", "rows", "--model", str(model)]) == 0
    assert b"are trained" in capsysbinary.readouterr().out


def _sizes(captured: Captured, model: Path) -> list[int]:
    found = answer(captured, "data", "check", "rows", "--model", model)
    return [row["tokens"] for row in found["tokens"]]
