"""The render process answers previews at once, and checks of all rows in pieces."""

from __future__ import annotations

import subprocess

import pytest

from studio.core.example import Triple
from studio.core.protocol import (
    PROTOCOL,
    CheckRows,
    Generate,
    RenderRow,
    RequestFailed,
    RowRendered,
    RowsChecked,
)
from studio.data.store import Dataset
from studio.machine.enginecommand import engine_command, engine_environment


@pytest.fixture
def server():
    process = subprocess.Popen(
        engine_command("render"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=engine_environment(),
    )
    with process:
        yield process
        process.kill()


def _row(request, model, *texts, kind="triple"):
    return RenderRow(id=request, model=str(model), row_kind=kind, texts=list(texts))


def _ask(server, *requests):
    for request in requests:
        server.stdin.write(PROTOCOL.encode(request))
    server.stdin.flush()


def _reply(server):
    return PROTOCOL.decode(server.stdout.readline())


def _dataset(path, rows):
    with Dataset.create(path) as dataset:
        for split, triples in rows.items():
            dataset.insert(len(dataset), triples, split)
    return str(path)


def test_a_row_comes_back_as_tokens(server, tiny_model):
    _ask(server, _row(7, tiny_model, "Hi", "", "Red."))
    reply = _reply(server)
    assert isinstance(reply, RowRendered)
    assert reply.id == 7
    assert [part["name"] for part in reply.parts] == [""]
    tokens = reply.parts[0]["tokens"]
    assert "".join(t[1] for t in tokens if t[2] == "trained") == "Red."
    assert "".join(t[1] for t in tokens if t[4] == "user") == "Hi"
    assert "".join(t[1] for t in tokens if t[4] == "assistant") == "Red."
    assert reply.template == "The model's own template"
    assert reply.findings == []


def test_a_model_that_is_gone_is_answered_and_the_next_request_works(server, tiny_model, tmp_path):
    _ask(
        server,
        _row(1, tmp_path / "gone", "Hi", "", ""),
        Generate(id=2, prompt="Hi"),
        _row(3, tiny_model, "Hi", "", ""),
    )
    replies = {reply.id: reply for reply in (_reply(server), _reply(server), _reply(server))}
    assert isinstance(replies[1], RequestFailed)
    assert isinstance(replies[2], RequestFailed)
    assert isinstance(replies[3], RowRendered)
    assert replies[3].findings[0][0] == "no_answer"


def test_all_rows_are_checked_in_pieces(server, tiny_model, tmp_path):
    rows = {
        "train": [Triple(f"Name {i}.", "", f"It is {i}.") for i in range(450)],
        "validation": [Triple("name  7.", "", "Seven."), Triple("New?", "", "")],
    }
    path = _dataset(tmp_path / "rows.sqlite", rows)
    _ask(server, CheckRows(id=1, model=str(tiny_model), dataset=path))
    server.stdin.close()
    pieces = [PROTOCOL.decode(line) for line in server.stdout]
    assert [type(piece) for piece in pieces] == [RowsChecked] * len(pieces)
    assert [piece.done for piece in pieces] == [200, 400, 452]
    checked = [row for piece in pieces for row in piece.rows]
    assert len({row[0] for row in checked}) == 452
    assert all(total > trained > 0 and cut == 0 for _, total, trained, cut, _ in checked[:450])
    assert [piece.findings for piece in pieces[:-1]] == [[], []]
    found = {code: ids for code, *_, ids in pieces[-1].findings}
    assert found == {"no_answer": [checked[451][0]], "leak": [checked[450][0]]}
    assert checked[451][4] == ["no_answer"]


def test_a_preview_does_not_wait_for_a_check(server, tiny_model, tmp_path):
    rows = {"train": [Triple(f"Name {i}.", "", "x") for i in range(2000)]}
    path = _dataset(tmp_path / "rows.sqlite", rows)
    _ask(
        server,
        CheckRows(id=1, model=str(tiny_model), dataset=path),
        _row(2, tiny_model, "Hi", "", "Ho"),
    )
    order = []
    while not order or order[-1] != (1, 2000):
        reply = _reply(server)
        order.append((reply.id, getattr(reply, "done", 0)))
    assert (2, 0) in order[:-1]


def test_a_newer_check_takes_the_place_of_an_older_one(server, tiny_model, tmp_path):
    rows = {"train": [Triple(f"Name {i}.", "", "x") for i in range(2000)]}
    path = _dataset(tmp_path / "rows.sqlite", rows)
    ask = [CheckRows(id=i, model=str(tiny_model), dataset=path) for i in (1, 2)]
    _ask(server, *ask)
    server.stdin.close()
    replies = [PROTOCOL.decode(line) for line in server.stdout]
    assert [type(r) for r in replies if r.id == 1][-1] is RequestFailed
    assert replies[-1].id == 2
    assert replies[-1].done == replies[-1].total == 2000
    assert [found[0] for found in replies[-1].findings] == ["no_validation"]


def test_a_dataset_that_is_gone_is_a_sentence(server, tiny_model, tmp_path):
    gone = str(tmp_path / "gone.sqlite")
    _ask(server, CheckRows(id=1, model=str(tiny_model), dataset=gone))
    assert isinstance(_reply(server), RequestFailed)


def test_the_render_process_loads_no_torch(tiny_model):
    code = (
        "import sys; from pathlib import Path; import studio.engine.renderserver;"
        "from studio.engine.render import Renderer; Renderer(Path(sys.argv[1]));"
        "assert 'torch' not in sys.modules"
    )
    import sys

    subprocess.run(
        [sys.executable, "-c", code, str(tiny_model)], check=True, env=engine_environment()
    )
