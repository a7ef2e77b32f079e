"""Datasets of the Hub, from a server on this computer: exact text, nothing run, nothing left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from studio.core.protocol import PROTOCOL, Converted, HubDataset, RequestFailed
from studio.machine.enginecommand import engine_command, engine_environment
from tests.helpers.localhub import COMMIT, local_hub

REPO = "somebody/rows"
TRAIN = (
    '{"instruction": "a",  "output": "2020-01-01", "x": 1.10}\n{"instruction":"b","output":"N/A"}\n'
)
TEST = '{"instruction": "split", "output": "u"}\n'


@pytest.fixture
def repository(tmp_path):
    """A dataset with two splits as JSON lines."""
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "README.md").write_text("---\nlicense: mit\n---\n# Rows\n")
    (folder / "train.jsonl").write_text(TRAIN)
    (folder / "test.jsonl").write_text(TEST)
    return folder


def ask(address, *args, repo=REPO, **environment):
    """Return the last reply of the engine; its caches must be gone."""
    caches = Path(tempfile.gettempdir())
    before = set(caches.glob("graft-hub-*"))
    done = subprocess.run(
        engine_command("hubdata", args[0], repo, *map(str, args[1:])),
        env=engine_environment(network=True)
        | {"HF_ENDPOINT": address, "HF_HUB_DISABLE_XET": "1"}
        | environment,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert set(caches.glob("graft-hub-*")) <= before
    return PROTOCOL.decode(done.stdout.splitlines()[-1])


def test_what_the_hub_has_is_said_before_anything_is_taken(repository):
    with local_hub(repository, REPO, "dataset") as (hub, address):
        hub.card = {"license": "mit"}
        found = ask(address, "look")
    assert isinstance(found, HubDataset), found
    assert (found.repo, found.revision, found.licence) == (REPO, COMMIT, "mit")
    assert found.configs == [["default", ["train", "test"]]]
    assert found.size_bytes == sum(path.stat().st_size for path in repository.iterdir())
    assert not any(path.endswith(".jsonl") for path in hub.asked)


def test_rows_come_as_they_stand_with_the_split_they_are_from(repository, tmp_path):
    with local_hub(repository, REPO, "dataset") as (_, address):
        done = ask(address, "take", "--revision", COMMIT, "--into", tmp_path / "rows.jsonl")
    assert isinstance(done, Converted), done
    assert done.rows == 3
    marked = '"split": "train", "hub_split": "train"}\n'
    assert (tmp_path / "rows.jsonl").read_text() == (
        TRAIN.replace("}\n", f", {marked}")
        + TEST.replace("}\n", ', "split": "test", "hub_split": "test"}\n')
    )


def test_one_split_of_training_rows_comes_byte_for_byte(repository, tmp_path):
    with local_hub(repository, REPO, "dataset") as (_, address):
        ask(address, "take", "--split", "train", "--into", tmp_path / "rows.jsonl")
    assert (tmp_path / "rows.jsonl").read_text() == TRAIN


def test_tables_and_parquet_come_without_a_change_to_their_text(tmp_path):
    folder = tmp_path / "repository"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "train.csv").write_bytes(
        b'instruction,output\r\n007,N/A\r\n1.10,"x\r\ny"\r\n'
    )
    with local_hub(folder, REPO, "dataset") as (_, address):
        done = ask(address, "take", "--into", tmp_path / "rows.jsonl")
    assert isinstance(done, Converted), done
    rows = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    assert rows == [
        {"instruction": "007", "output": "N/A"},
        {"instruction": "1.10", "output": "x\r\ny"},
    ]
    (folder / "data" / "train.csv").unlink()
    table = pa.table({"instruction": ["2020-01-01"], "output": ["007"]})
    parquet.write_table(table, folder / "data" / "train-00000-of-00001.parquet")
    with local_hub(folder, REPO, "dataset") as (_, address):
        ask(address, "take", "--into", tmp_path / "rows.jsonl")
    assert json.loads((tmp_path / "rows.jsonl").read_text()) == {
        "instruction": "2020-01-01",
        "output": "007",
    }


def test_formats_only_the_library_knows_come_through_it(tmp_path):
    folder = tmp_path / "repository"
    folder.mkdir()
    table = pa.table({"instruction": ["a", "b"], "output": ["1.10", "x"]})
    name = str(folder / "train.arrow")
    with pa.OSFile(name, "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    with local_hub(folder, REPO, "dataset") as (_, address):
        done = ask(address, "take", "--into", tmp_path / "rows.jsonl")
    assert isinstance(done, Converted), done
    rows = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    assert rows == table.to_pylist()


def refused(folder, tmp_path, *args, gated=False, breaks_at=0, repo=REPO, **environment):
    """Return why the engine refuses; nothing may be left."""
    into = tmp_path / "out"
    into.mkdir(exist_ok=True)
    with local_hub(folder, REPO, "dataset") as (hub, address):
        hub.gated, hub.breaks_at = gated, breaks_at
        failed = ask(address, *args, "--into", into / "rows.jsonl", repo=repo, **environment)
    assert isinstance(failed, RequestFailed), failed
    assert failed.summary.endswith(".")
    assert not list(into.iterdir())
    return f"{failed.summary} {failed.hint}"


@pytest.mark.slow
def test_what_cannot_be_had_is_said(repository, tmp_path):
    assert "no dataset somebody/else" in refused(repository, tmp_path, "look", repo="somebody/else")
    assert "not a dataset's name" in refused(repository, tmp_path, "look", repo="a/b/c")
    assert "accept its terms" in refused(repository, tmp_path, "look", gated=True)
    said = refused(repository, tmp_path, "take", "--split", "nowhere")
    assert "no split 'nowhere'" in said
    assert "train, test" in said


def test_a_dataset_that_needs_a_script_is_refused_and_not_run(tmp_path):
    folder = tmp_path / "repository"
    folder.mkdir()
    canary = tmp_path / "canary"
    (folder / "rows.py").write_text(f"open({str(canary)!r}, 'w')\n")
    said = refused(folder, tmp_path, "look")
    assert "script" in said or "no files with rows" in said
    assert not canary.exists()


def test_a_connection_that_breaks_leaves_nothing(repository, tmp_path):
    (repository / "train.jsonl").write_text(TRAIN * 1000)
    said = refused(repository, tmp_path, "take", "--split", "train", breaks_at=100)
    assert "connection broke" in said or "cannot be read" in said


def test_without_a_network_a_sentence_comes_soon(tmp_path):
    failed = ask("http://127.0.0.1:9", "look")
    assert isinstance(failed, RequestFailed)
    assert "cannot be reached" in failed.summary


def command(address, *args, workspace):
    environment = {k: v for k, v in os.environ.items() if k != "HF_HUB_OFFLINE"}
    return subprocess.run(
        [sys.executable, "-m", "studio", "data", "import", *args, "--workspace", str(workspace)],
        env=environment | {"HF_ENDPOINT": address, "HF_HUB_DISABLE_XET": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_imports_by_the_hubs_name(repository, tmp_path):
    with local_hub(repository, REPO, "dataset") as (_, address):
        done = command(address, f"hub:{REPO}@main", "--json", workspace=tmp_path / "w")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["dataset"], found["rows"], found["problems"]) == ("rows", 3, [])
    assert found["files"] == [f"{REPO}@{COMMIT[:12]}"]
    assert found["mapping"]["split"] == "split"
    assert [path.name for path in (tmp_path / "w" / "datasets").glob("*.sqlite")] == ["rows.sqlite"]
    assert not list((tmp_path / "w" / "datasets").glob(".import-*"))


def test_offline_by_choice_the_hub_is_not_asked(repository, tmp_path):
    with local_hub(repository, REPO, "dataset") as (hub, address):
        done = subprocess.run(
            [sys.executable, "-m", "studio", "data", "import", f"hub:{REPO}"],
            env=dict(os.environ)
            | {
                "HF_ENDPOINT": address,
                "HF_HUB_OFFLINE": "1",
                "GRAFT_WORKSPACE": str(tmp_path / "w"),
            },
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert "HF_HUB_OFFLINE is set" in done.stderr
    assert hub.asked == []


def test_a_download_that_is_stopped_leaves_no_cache(repository, tmp_path):
    environment = {"TMPDIR": str(tmp_path / "caches")}
    (tmp_path / "caches").mkdir()
    with (
        local_hub(repository, REPO, "dataset") as (_, address),
        subprocess.Popen(
            engine_command("hubdata", "take", REPO, "--into", str(tmp_path / "rows.jsonl")),
            env=engine_environment(network=True) | {"HF_ENDPOINT": address} | environment,
            stdout=subprocess.PIPE,
        ) as process,
    ):
        assert process.stdout is not None
        process.stdout.readline()  # it has begun
        assert list((tmp_path / "caches").glob("graft-hub-*"))
        process.terminate()
        assert process.wait(30) == 143
    assert not list((tmp_path / "caches").glob("graft-hub-*"))
    assert not (tmp_path / "rows.jsonl").exists()
