"""The command chat with a scripted chat process: columns, a conversation, Ctrl+C."""

from __future__ import annotations

import io
import json
import signal
import sys

import pytest

from studio.cli import run_command
from studio.cli.chatcolumns import load_request
from studio.core.problems import ModelError, RunError
from studio.core.workspace import Workspace
from studio.data.recipefile import read_recipe, write_recipe
from studio.machine import engineprocess
from tests.helpers import fakechat
from tests.helpers.chatrun import make_trained_run

RUN = "2026-11-22-hotel-1"


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    made = Workspace(tmp_path / "workspace").create()
    make_trained_run(made)
    monkeypatch.setattr(
        engineprocess, "engine_command", lambda _part: [sys.executable, "-u", fakechat.__file__]
    )
    return made


@pytest.fixture
def chat(workspace, monkeypatch, capsys):
    def run(*args: str, typed: str = "") -> list[dict]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        assert run_command(["chat", RUN, *args, "--json", "--workspace", str(workspace.path)]) == 0
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return run


def texts(document: dict) -> list[str]:
    return [column["text"] for column in document["columns"]]


def test_a_question_is_asked_once_with_all_that_was_set(chat):
    (told,) = chat(
        "--prompt", "recall", "--seed", "7", "--top-k", "3", "--stop", "###", "--system", "Brief."
    )
    assert texts(told)[0] == "Brief.|7|3|['###']|"
    assert told["base_proven"]
    assert len(told["identities"]) == 1


def test_a_conversation_goes_on_until_it_is_begun_anew(chat):
    told = chat(typed="hello\n/seed 9\nrecall\n/new\nrecall\n/what\n\n/quit\nnever asked\n")
    assert len(told) == 3
    assert texts(told[1])[1] == "None|9|0|[]|hello -> The adapted answers: hello"
    assert texts(told[2])[1] == "None|9|0|[]|"


def test_checkpoints_are_columns(chat):
    (told,) = chat("--prompt", "hello", "--checkpoint", "120", "--checkpoint", "240")
    assert len(told["columns"]) == 3


def test_a_refused_question_leaves_the_conversation(chat):
    assert [told["question"] for told in chat(typed="refuse\nhello\n")] == ["hello"]


def test_the_first_ctrl_c_stops_the_answer_and_keeps_what_is_there(chat, monkeypatch, request):
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # as in a terminal
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))
    interrupted = []

    def interrupt(_loop, piece):
        if not interrupted:
            interrupted.append(piece)
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("studio.cli.chatloop.ChatLoop._tell", interrupt)
    (told,) = chat(typed="endless\n/quit\n")
    assert {column["reason"] for column in told["columns"]} == {"stopped"}
    assert all(column["text"].startswith("word0") for column in told["columns"])


def test_what_cannot_share_a_base_is_refused(workspace, tmp_path):
    other = make_trained_run(workspace, "2026-11-22-other")
    write_recipe(read_recipe(other.recipe).replace(model="llama"), other.recipe)
    with pytest.raises(RunError, match="was trained on llama"):
        load_request(workspace, [RUN, other.id])
    with pytest.raises(ModelError, match=r"adapter_model\.safetensors"):
        load_request(workspace, [RUN], folders=[tmp_path])
    with pytest.raises(ModelError, match="at most 4"):
        load_request(workspace, [RUN, RUN], [120, 240, 120])
