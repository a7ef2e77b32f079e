"""Parquet in and out through the engine: text for text, and hostile files end in a sentence."""

from __future__ import annotations

import datetime
import decimal
import json
import pickle
import subprocess
import sys

import pyarrow as pa
import pytest
from pyarrow import parquet

from studio.core.example import Conversation, Kind, Preference, Text, Triple, kind_of
from studio.core.protocol import PROTOCOL, Converted, Progress, RequestFailed
from studio.data.store import Dataset
from studio.engine.parquetfile import Mixed, joined, type_of
from studio.machine.enginecommand import engine_command, engine_environment

ODD = "a\r\nb\x00\u2028é\U0001f600=1"


def convert(to, file, into):
    """Return the last reply of the engine, and how often it told how far it was."""
    done = subprocess.run(
        engine_command("convert", to, str(file), "--into", str(into)),
        env=engine_environment(),
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr.decode()
    replies = [PROTOCOL.decode(line) for line in done.stdout.splitlines()]
    assert not list(into.parent.glob(".*.partial"))
    return replies[-1], [reply for reply in replies if isinstance(reply, Progress)]


def graft(*args, workspace):
    """Run a command of the studio; return what it printed as JSON."""
    command = [sys.executable, "-m", "studio", *map(str, args), "--json"]
    done = subprocess.run(
        [*command, "--workspace", str(workspace)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def odd_file(tmp_path):
    """A file with a column of each kind that JSON lacks."""
    table = pa.table(
        {
            "instruction": [ODD, "2020-01-01"],
            "output": ["007", "1.10"],
            "when": [datetime.datetime(2020, 1, 2, 3, 4, 5), None],
            "day": [datetime.date(2020, 1, 2)] * 2,
            "price": [decimal.Decimal("1.10")] * 2,
            "image": [b"\xff\x00"] * 2,
            "score": [float("nan"), 0.5],
            "large": [2**62, None],
            "turns": [[{"role": "user", "content": "hi"}]] * 2,
            "named": pa.array([[("a", 1)], []], pa.map_(pa.string(), pa.int64())),
            "kind": pa.array(["x", "y"]).dictionary_encode(),
        }
    )
    parquet.write_table(table, tmp_path / "odd.parquet", row_group_size=1)
    return tmp_path / "odd.parquet"


def test_text_stays_text_and_the_rest_is_said(odd_file, tmp_path):
    done, told = convert("rows", odd_file, tmp_path / "rows.jsonl")
    assert isinstance(done, Converted), done
    assert done.rows == 2
    first, second = map(json.loads, (tmp_path / "rows.jsonl").read_text("utf-8").split("\n")[:2])
    assert (first["instruction"], first["output"]) == (ODD, "007")
    assert (second["instruction"], second["output"]) == ("2020-01-01", "1.10")
    assert (first["when"], first["day"]) == ("2020-01-02T03:04:05", "2020-01-02")
    assert (first["price"], first["image"]) == ("1.10", {"base64": "/wA="})
    assert (first["score"], second["score"]) == ("nan", 0.5)
    assert (first["large"], first["named"], first["kind"]) == (2**62, {"a": 1}, "x")
    assert any("when" in note for note in done.notes)
    assert any("image holds bytes" in note for note in done.notes)
    assert told[-1].done == told[-1].total == 2


def test_a_text_that_is_no_text_is_named_by_its_row(tmp_path):
    bad = pa.array([b"fine", b"\xff\xfe"], pa.binary()).view(pa.string())
    table = pa.table({"instruction": bad, "output": ["a", "b"]})
    parquet.write_table(table, tmp_path / "bad.parquet")
    found = graft("data", "import", tmp_path / "bad.parquet", workspace=tmp_path / "w")
    assert found["rows"] == 1
    (problem,) = found["problems"]
    assert problem["line"] == 2
    assert "not UTF-8: byte 0xff" in problem["reason"]


def test_a_column_of_bytes_is_no_answer_and_every_row_says_so(tmp_path):
    table = pa.table({"instruction": ["a"], "output": [b"\xff"]})
    parquet.write_table(table, tmp_path / "bytes.parquet")
    command = [sys.executable, "-m", "studio", "data", "import", str(tmp_path / "bytes.parquet")]
    done = subprocess.run(
        [*command, "--workspace", str(tmp_path / "w")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "output is an object, not text" in done.stderr


EXAMPLES = {
    Kind.TRIPLE: [Triple(ODD, "", "b"), Triple("", ODD, "")],
    Kind.CONVERSATION: [
        Conversation(({"role": "user", "content": ODD}, {"role": "assistant", "content": "x"})),
        Conversation(
            (
                {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "f"}}]},
                {"role": "tool", "content": "1", "name": "f"},
            ),
            ({"type": "function", "function": {"name": "f", "parameters": {}}},),
        ),
    ],
    Kind.TEXT: [Text(ODD), Text("")],
    Kind.PREFERENCE: [
        Preference("p", ODD, "r"),
        Preference("p", "c", "r", ({"role": "user", "content": "u"},)),
    ],
}


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_leaves_as_parquet_and_comes_back_the_same(tmp_path, kind):
    rows = EXAMPLES[kind]
    path = tmp_path / "w" / "datasets" / "a.sqlite"
    path.parent.mkdir(parents=True)
    with Dataset.create(path, kind_of(rows[0])) as dataset:
        dataset.insert(0, rows)
        before = [row.texts for row in dataset.rows()]
    file = tmp_path / "out.parquet"
    done = graft("data", "export", "a", file, workspace=tmp_path / "w")
    assert done["rows"] == 2
    found = graft("data", "import", file, "--name", "b", workspace=tmp_path / "w")
    assert (found["rows"], found["kind"], found["problems"]) == (2, kind.value, [])
    with Dataset.open(tmp_path / "w" / "datasets" / "b.sqlite", read_only=True) as dataset:
        assert [row.texts for row in dataset.rows()] == before


def whole_file(folder):
    parquet.write_table(pa.table({"instruction": ["a"] * 3, "output": ["b"] * 3}), folder / "x")
    return (folder / "x").read_bytes()


def damaged(folder):
    """Yield files that are damaged, by what is wrong with them."""
    data = whole_file(folder)
    yield "cut short", data[:-20]
    yield "no footer", data[: len(data) // 2]
    yield "only the mark", b"PAR1"
    yield "two marks", b"PAR1PAR1"
    yield "a footer larger than the file", data[:-8] + b"\xff\xff\xff\x7fPAR1"
    yield "no Parquet", b"hello" * 100
    yield "encrypted", data[:-4] + b"PARE"
    footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    yield "a footer of zeros", data[:footer] + bytes(len(data) - 8 - footer) + data[-8:]
    counts = [at for at in range(footer, len(data) - 8) if data[at : at + 2] == b"\x16\x06"]
    assert counts  # three rows, as the format writes them
    for at in counts:
        yield f"a wrong count at {at}", data[:at] + b"\x16\x7e" + data[at + 2 :]


def test_damaged_files_end_in_a_sentence_and_leave_nothing(tmp_path):
    """One process reads them all: what brings it down would show as a crash."""
    script = (
        "import sys, pathlib\n"
        "from studio.core.problems import DataError\n"
        "from studio.engine.parquetrows import read_parquet\n"
        "for name in sys.argv[2:]:\n"
        "    try:\n"
        "        rows, _ = read_parquet(pathlib.Path(name), pathlib.Path(sys.argv[1]), print)\n"
        "        sys.stderr.write(f'{rows} rows\\n')\n"
        "    except DataError as problem:\n"
        "        sys.stderr.write(problem.summary + '\\n')\n"
    )
    names, files = [], []
    for at, (name, data) in enumerate(damaged(tmp_path)):
        (tmp_path / f"{at}.parquet").write_bytes(data)
        names.append(name)
        files.append(str(tmp_path / f"{at}.parquet"))
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "rows.jsonl"), *files],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = dict(zip(names, done.stderr.splitlines(), strict=True))
    sound = [name for name, sentence in said.items() if sentence == "3 rows"]
    # a count of one column chunk's values is not needed to read it, and pyarrow does not
    assert all(name.startswith("a wrong count") for name in sound), said
    for name, sentence in said.items():
        assert name in sound or "damaged" in sentence or "encrypted" in sentence, (name, sentence)
    assert any("says that it has 63 rows" in sentence for sentence in said.values()), said
    assert not list(tmp_path.glob(".*.partial"))


class Evil:
    """Makes a file when it is unpickled."""

    def __init__(self, canary):
        self.canary = canary

    def __reduce__(self):
        return (open, (self.canary, "w"))


def test_pickled_metadata_is_never_run(tmp_path):
    canary = str(tmp_path / "canary")
    body = pickle.dumps(Evil(canary))
    field = pa.field(
        "output",
        pa.string(),
        metadata={
            b"ARROW:extension:name": b"arrow.py_extension_type",
            b"ARROW:extension:metadata": body,
        },
    )
    schema = pa.schema([pa.field("instruction", pa.string()), field], metadata={b"pandas": body})
    table = pa.table([pa.array(["a"]), pa.array(["b"])], schema=schema)
    parquet.write_table(table, tmp_path / "evil.parquet")
    done, _ = convert("rows", tmp_path / "evil.parquet", tmp_path / "rows.jsonl")
    assert isinstance(done, Converted), done
    assert json.loads((tmp_path / "rows.jsonl").read_text()) == {"instruction": "a", "output": "b"}
    assert not (tmp_path / "canary").exists()


def test_two_columns_of_one_name_are_refused(tmp_path):
    table = pa.table([pa.array(["a"]), pa.array(["b"])], names=["output", "output"])
    parquet.write_table(table, tmp_path / "twins.parquet")
    done, _ = convert("rows", tmp_path / "twins.parquet", tmp_path / "rows.jsonl")
    assert isinstance(done, RequestFailed)
    assert "two columns of the name 'output'" in done.summary


def test_a_file_that_unpacks_to_far_more_than_its_size_is_refused(tmp_path, monkeypatch):
    from studio.core.problems import DataError
    from studio.engine import parquetrows

    monkeypatch.setattr(parquetrows, "LEAST_CAP", 1_000_000)
    table = pa.table({"text": ["x" * 10_000] * 5_000})
    parquet.write_table(table, tmp_path / "bomb.parquet", compression="zstd")
    with pytest.raises(DataError, match="unpacks to more than"):
        parquetrows.read_parquet(
            tmp_path / "bomb.parquet", tmp_path / "rows.jsonl", lambda *_: None
        )
    assert not (tmp_path / "rows.jsonl").exists()


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2.5, None], "float"),
        ([1, 2**60], "big"),
        (["a", None], "text"),
        ([[], [1]], ["list", "int"]),
        ([{"a": 1}, {"a": None}], {"a": "int"}),
        ([{"a": 1}, {"b": 1}], Mixed),
        ([2**60, 0.5], Mixed),
        (["a", 1], Mixed),
        ([{}, {}], Mixed),
        ([[1, "a"]], Mixed),
    ],
)
def test_a_column_has_the_type_that_holds_all_its_values(values, kind):
    found = None
    try:
        for value in values:
            found = joined(found, type_of(value))
    except Mixed:
        found = Mixed
    assert found == kind
