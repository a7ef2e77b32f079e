"""Files are looked at before an import: what is in them is counted, and nothing is unpacked."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from studio.app.importmemory import Habit, ImportMemory
from studio.core.example import Kind
from studio.data.bytestreams import TooLarge
from studio.data.importing import import_files
from studio.data.layouts import Layout, Reading
from studio.data.looking import look_at
from studio.data.store import Dataset
from studio.data.surveying import Survey, survey, survey_remarks
from studio.data.textrows import Each
from tests.helpers.badpacks import bomb, zipped

READING = Reading(Kind.TRIPLE, Layout.OWN, {"frage": "instruction", "antwort": "output"})


def test_a_survey_counts_rows_faults_and_what_is_filled(tmp_path: Path) -> None:
    lines = [{"instruction": "q", "output": answer} for answer in ("a", "", " \n", "b")]
    content = "\n".join(map(json.dumps, lines)) + "\n{\n"
    (tmp_path / "rows.jsonl").write_text(content)
    plans = look_at(tmp_path / "rows.jsonl")
    found = survey(plans * 2, lambda: False)
    assert found == Survey(8, 2, {"instruction": 8, "output": 4})
    assert survey_remarks(found, plans[0].reading) == [
        "2 rows cannot be read; what is wrong is listed after the import.",
        "4 rows have no answer.",
    ]


def test_a_survey_can_be_stopped(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"text": "a"}\n' * 1000)
    assert survey(look_at(tmp_path / "rows.jsonl"), lambda: True) is None


def test_names_inside_an_archive_are_never_places(tmp_path: Path) -> None:
    names = {"../../up.jsonl": b'{"text": "a"}', "/abs/b.csv": b"text\nb\n", "x/": b""}
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "all.zip").write_bytes(zipped(names))
    plans = look_at(tmp_path / "in" / "all.zip")
    assert [plan.name for plan in plans] == ["all.zip, up.jsonl", "all.zip, b.csv"]
    import_files(plans, tmp_path / "in" / "data.sqlite")
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    assert sorted(path.name for path in (tmp_path / "in").iterdir()) == ["all.zip", "data.sqlite"]


def test_what_is_left_aside_in_an_archive_is_said(tmp_path: Path) -> None:
    (tmp_path / "all.zip").write_bytes(zipped({"a.jsonl": b'{"text": "a"}', "b.png": b"x"}))
    (plan,) = look_at(tmp_path / "all.zip")
    assert plan.remarks == ("Left aside in all.zip, as no file of rows or text: b.png.",)


def test_a_packed_file_that_grows_too_much_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl.gz").write_bytes(bomb(80))
    with pytest.raises(TooLarge):
        import_files(look_at(tmp_path / "rows.jsonl.gz"), tmp_path / "data.sqlite")
    assert [path.name for path in tmp_path.iterdir()] == ["rows.jsonl.gz"]
    plans = look_at(tmp_path / "rows.jsonl.gz", unlimited=True)
    assert import_files(plans, tmp_path / "data.sqlite").rows == 1


@pytest.mark.parametrize("name", ["rows.tsv.gz", "rows.tsv"])
def test_a_packed_table_is_read_by_the_name_inside(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(gzip.compress(b"question\tanswer\nq, r, s\ta\n"))
    (plan,) = look_at(tmp_path / name)
    assert plan.columns == ("question", "answer")
    (tmp_path / "b.md.gz").write_bytes(gzip.compress(b"One, two\n"))
    (text,) = look_at(tmp_path / "b.md.gz")
    assert text.written.format == "text"


def test_progress_of_a_packed_file_counts_what_is_packed(tmp_path: Path) -> None:
    lines = "".join(json.dumps({"text": f"row {n}"}) + "\n" for n in range(3000))
    (tmp_path / "rows.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    size = (tmp_path / "rows.jsonl.gz").stat().st_size
    seen: list[tuple[int, int]] = []
    plans = look_at(tmp_path / "rows.jsonl.gz")
    import_files(
        plans,
        tmp_path / "data.sqlite",
        progress=lambda so_far: seen.append((so_far.done, so_far.total)),
    )
    assert seen[0] == (0, size)
    assert all(done <= total == size for done, total in seen)


def test_files_that_change_while_they_are_read_are_not_taken_in_half(tmp_path: Path) -> None:
    source = tmp_path / "rows.jsonl"
    source.write_text('{"text": "a"}\n' * 2000)

    def grow(_: object) -> None:
        with source.open("a") as file:
            file.write('{"text": "b"}\n')

    with pytest.raises(Exception, match="was changed while it was read"):
        import_files(look_at(source), tmp_path / "data.sqlite", progress=grow)
    assert [path.name for path in tmp_path.iterdir()] == ["rows.jsonl"]


def test_rows_of_several_files_know_their_file(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "a"}\n')
    (tmp_path / "b.csv").write_text("body,n\nb,1\n")
    plans = [*look_at(tmp_path / "a.jsonl"), *look_at(tmp_path / "b.csv")]
    plans[1] = plans[1].read_as(Reading(Kind.TEXT, Layout.OWN, {"body": "text"}))
    report = import_files(plans, tmp_path / "data.sqlite")
    assert report.files == ("a.jsonl", "b.csv")
    with Dataset.open(tmp_path / "data.sqlite", read_only=True) as data:
        assert [data.originals([row.id])[row.id][2] for row in data.rows()] == [1, 2]
        mapped = dict(data.select("SELECT id, mapping FROM sources"))
        assert {source: json.loads(text) for source, text in mapped.items()} == {
            1: {"text": "text"},
            2: {"body": "text"},
        }


def test_a_habit_is_remembered_for_the_same_columns_in_any_order(tmp_path: Path) -> None:
    memory = ImportMemory(tmp_path / "imports.json")
    memory.remember(["frage", "antwort", "x"], Habit(READING, Each.LINE, ask=False))
    assert memory.habit(["x", "antwort", "frage"]) == Habit(READING, Each.LINE, ask=False)
    assert memory.habit(["frage", "antwort"]) is None


@pytest.mark.parametrize("content", ["", "[]", "{", '{"[\\"a\\"]": {"kind": "triple"}}', "\ud800"])
def test_a_damaged_memory_is_an_empty_one(tmp_path: Path, content: str) -> None:
    (tmp_path / "imports.json").write_bytes(content.encode("utf-8", "surrogatepass"))
    memory = ImportMemory(tmp_path / "imports.json")
    assert memory.habit(["a"]) is None
    memory.remember(["frage", "antwort"], Habit(READING))
    assert memory.habit(["frage", "antwort"]) == Habit(READING)
