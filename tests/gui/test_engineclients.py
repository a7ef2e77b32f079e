"""The clients for rows, downloads and the doctor, against real processes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from studio.app import renderclient
from studio.app.doctorclient import DoctorClient
from studio.app.fetchclient import CANCELLED, FetchClient
from studio.app.renderclient import RenderClient
from studio.core.problems import EngineError, FetchError
from tests.helpers import oddchild

CHILD = [sys.executable, oddchild.__file__]
PATIENCE_MS = 30_000


@pytest.fixture
def renders(qapp, monkeypatch):
    monkeypatch.setattr(renderclient, "LIMIT_MS", 400)
    made = RenderClient(command=CHILD)
    yield made
    made.close()


def record(signal) -> list:
    heard: list = []
    signal.connect(heard.append)
    return heard


def wait(qtbot, fact) -> None:
    qtbot.waitUntil(lambda: bool(fact()), timeout=PATIENCE_MS)


def test_only_the_latest_row_is_answered(qtbot, renders):
    rows, failed = record(renders.row_rendered), record(renders.failed)
    asked = [renders.render("m", kind="text", texts=[f"row {n}"]) for n in range(50)]
    wait(qtbot, lambda: rows)
    renders.render("m", kind="text", texts=["the end"])
    wait(qtbot, lambda: len(rows) == 2)
    assert rows[0].id == asked[-1]
    assert rows[0].parts[0]["tokens"][0][1] == "row 49"
    assert not failed


def test_a_template_that_hangs_is_told_and_the_next_row_is_answered(qtbot, renders):
    rows, failed = record(renders.row_rendered), record(renders.failed)
    renders.render("m", kind="text", texts=["hello"])
    wait(qtbot, lambda: rows)
    hung = renders.render("m", kind="text", texts=["hang"])
    wait(qtbot, lambda: failed)
    renders.render("m", kind="text", texts=["after"])
    wait(qtbot, lambda: len(rows) == 2)
    assert [(f.id, f.summary) for f in failed] == [(hung, renderclient.LATE)]
    assert rows[1].parts[0]["tokens"][0][1] == "after"


def test_a_row_that_waits_behind_a_hung_one_is_answered(qtbot, renders):
    rows, failed = record(renders.row_rendered), record(renders.failed)
    renders.render("m", kind="text", texts=["hello"])
    wait(qtbot, lambda: rows)
    renders.render("m", kind="text", texts=["hang"])
    renders.render("m", kind="text", texts=["after"])
    wait(qtbot, lambda: len(rows) == 2)
    assert rows[1].parts[0]["tokens"][0][1] == "after"
    assert not failed  # the hung row was not the latest


def test_a_dataset_is_checked_in_pieces_beside_rows(qtbot, renders, tmp_path):
    rows, pieces = record(renders.row_rendered), record(renders.dataset_checked)
    check = renders.check_dataset(tmp_path / "d.sqlite", tmp_path / "d.checks")
    renders.render("m", kind="text", texts=["hello"])
    wait(qtbot, lambda: rows and len(pieces) == 3)
    assert [(p.id, p.done, p.total) for p in pieces] == [(check, n, 3) for n in (1, 2, 3)]


def test_a_newer_check_silences_the_older(qtbot, renders, tmp_path):
    pieces, failed = record(renders.dataset_checked), record(renders.failed)
    renders.check_dataset(tmp_path / "old.sqlite", tmp_path / "d.checks")
    new = renders.check_dataset(tmp_path / "new.sqlite", tmp_path / "d.checks")
    wait(qtbot, lambda: len(pieces) == 3)
    assert {piece.id for piece in pieces} == {new}
    assert not failed


def test_a_death_during_a_check_is_told_once(qtbot, renders, tmp_path):
    failed = record(renders.failed)
    renders.render("m", kind="text", texts=["die"])
    check = renders.check_dataset(tmp_path / "d.sqlite", tmp_path / "d.checks")
    wait(qtbot, lambda: len(failed) == 2)
    assert check in [f.id for f in failed]


def fetcher(name: str, into: Path) -> list[str]:
    return [*CHILD, "fetch", name, str(into)]


@pytest.fixture
def fetch(qapp):
    made = FetchClient(command=fetcher)
    yield made
    made.close()


def test_a_download_tells_its_progress_and_its_end(qtbot, fetch, tmp_path):
    progress, ended = record(fetch.progressed), record(fetch.ended)
    fetch.fetch("starter", tmp_path)
    wait(qtbot, lambda: ended)
    assert (progress[0].done, progress[0].total) == (1, 2)
    assert ended[0].path == str(tmp_path)
    assert not fetch.running


def test_a_download_that_fails_says_why(qtbot, fetch, tmp_path):
    ended = record(fetch.ended)
    fetch.fetch("broken", tmp_path)
    wait(qtbot, lambda: ended)
    assert isinstance(ended[0], FetchError)
    assert ended[0].summary == "Its hash is wrong."


class SlowKeyring:
    """Keeps whoever asks for the token waiting."""

    def __init__(self):
        self.waiting = []

    def ask(self, then):
        self.waiting.append(then)


def test_a_download_asked_for_while_the_last_one_ends_is_not_taken_for_it(qtbot, qapp, tmp_path):
    keyring = SlowKeyring()
    client = FetchClient(command=fetcher, tokens=keyring)
    ended, gone = record(client.ended), []
    client.gone.connect(lambda: gone.append(1))
    client.fetch("broken", tmp_path)
    keyring.waiting.pop()("")
    wait(qtbot, lambda: ended)
    client.fetch("owner/name", tmp_path)
    wait(qtbot, lambda: gone)
    assert len(ended) == 1
    assert client.running
    client.cancel()
    assert [end.summary for end in ended[1:]] == [CANCELLED]
    assert not client.running
    keyring.waiting.pop()("")
    assert client._engine.pid == 0
    client.close()


def test_a_cancelled_download_ends_once_and_can_be_started_again(qtbot, fetch, tmp_path):
    progress, ended = record(fetch.progressed), record(fetch.ended)
    fetch.fetch("endless", tmp_path)
    wait(qtbot, lambda: progress)
    with pytest.raises(FetchError, match="under way"):
        fetch.fetch("starter", tmp_path)
    fetch.cancel()
    assert [end.summary for end in ended] == [CANCELLED]
    fetch.fetch("starter", tmp_path)
    wait(qtbot, lambda: len(ended) == 2)
    assert ended[1].path == str(tmp_path)


def test_the_doctor_tells_each_check_and_then_all(qtbot, qapp):
    doctor = DoctorClient(command=[*CHILD, "doctor"])
    checks, ended = record(doctor.checked), record(doctor.ended)
    doctor.check()
    wait(qtbot, lambda: ended)
    doctor.check()
    wait(qtbot, lambda: len(ended) == 2)
    doctor.close()
    assert [check.name for check in checks] == ["python", "gpu"] * 2
    assert ended[0] == checks[:2]


def test_a_doctor_that_cannot_start_is_a_problem(qtbot, qapp):
    doctor = DoctorClient(command=["/nowhere/python"])
    ended = record(doctor.ended)
    doctor.check()
    wait(qtbot, lambda: ended)
    doctor.close()
    assert isinstance(ended[0], EngineError)
