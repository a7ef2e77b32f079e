"""The render process answers previews at once, and checks of all rows in pieces."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

from studio.core.example import Triple
from studio.core.protocol import (
    PROTOCOL,
    CheckDataset,
    DatasetChecked,
    Generate,
    RenderRow,
    RequestFailed,
    RowRendered,
)
from studio.data.checks import found
from studio.data.store import Dataset
from studio.machine.enginecommand import engine_command, engine_environment
from tests.helpers.children import held


@contextmanager
def _serving():
    process = subprocess.Popen(
        engine_command("render"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=engine_environment(),
    )
    with held(process):
        yield process
        process.kill()


@pytest.fixture
def server():
    """Give a process of the test's own, which it may end."""
    with _serving() as process:
        yield process


@pytest.fixture(scope="module")
def lasting():
    """Give the process of all tests that leave nothing unanswered."""
    with _serving() as process:
        yield process


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


def test_a_row_comes_back_as_tokens(lasting, tiny_model):
    _ask(lasting, _row(7, tiny_model, "Hi", "", "Red."))
    reply = _reply(lasting)
    assert isinstance(reply, RowRendered)
    assert reply.id == 7
    assert [part["name"] for part in reply.parts] == [""]
    tokens = reply.parts[0]["tokens"]
    assert "".join(t[1] for t in tokens if t[2] == "trained") == "Red."
    assert "".join(t[1] for t in tokens if t[4] == "user") == "Hi"
    assert "".join(t[1] for t in tokens if t[4] == "assistant") == "Red."
    assert reply.template == "The model's own template"
    assert reply.findings == []


def test_running_text_and_a_pair_come_back_in_their_own_form(lasting, tiny_model):
    pair = _row(2, tiny_model, "Why?", "So.", "No.", "", kind="preference")
    _ask(lasting, _row(1, tiny_model, "Once upon.", kind="text"), pair)
    text, both = _reply(lasting), _reply(lasting)
    assert {token[4] for token in text.parts[0]["tokens"]} == {"text"}
    assert [part["name"] for part in both.parts] == ["Chosen", "Rejected"]


def test_texts_that_are_no_row_of_their_kind_are_a_finding(lasting, tiny_model):
    _ask(
        lasting,
        _row(1, tiny_model, "not JSON", "", kind="conversation"),
        _row(2, tiny_model, "one", "too", "many", "texts"),
        _row(3, tiny_model, "x", kind="poem"),
    )
    for reply in (_reply(lasting), _reply(lasting), _reply(lasting)):
        assert (reply.parts, reply.findings[0][0]) == ([], "not_example")


def test_a_model_that_is_gone_is_answered_and_the_next_request_works(lasting, tiny_model, tmp_path):
    _ask(
        lasting,
        _row(1, tmp_path / "gone", "Hi", "", ""),
        Generate(id=2, prompt="Hi"),
        _row(3, tiny_model, "Hi", "", ""),
    )
    replies = {reply.id: reply for reply in (_reply(lasting), _reply(lasting), _reply(lasting))}
    assert isinstance(replies[1], RequestFailed)
    assert isinstance(replies[2], RequestFailed)
    assert isinstance(replies[3], RowRendered)
    assert replies[3].findings[0][0] == "no_answer"


def test_all_rows_are_checked_and_what_is_found_is_in_the_sidecar(server, tiny_model, tmp_path):
    rows = {
        "train": [Triple(f"Name {i}.", "", f"It is {i}.") for i in range(450)],
        "validation": [Triple("name  7.", "", "Seven."), Triple("New?", "", "")],
    }
    path = _dataset(tmp_path / "rows.sqlite", rows)
    _ask(server, _check(1, tiny_model, path))
    server.stdin.close()
    pieces = [PROTOCOL.decode(line) for line in server.stdout]
    assert [type(piece) for piece in pieces] == [DatasetChecked] * len(pieces)
    assert ("rows", 452, 452) in [(piece.what, piece.done, piece.total) for piece in pieces]
    assert [piece.finished for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    known = found.read(Path(path + ".checks"))
    assert len(known.lengths) == 452
    assert (known.lengths.tokens >= known.lengths.trained).all()
    assert (known.lengths.trained[:451] > 0).all()
    faults = {fault.code: fault.rows.tolist() for fault in known.faults(known.lengths.row, 512)}
    assert faults["no_answer"] == [452]
    assert faults["leak"] == [451]


def test_a_preview_does_not_wait_for_a_check(server, tiny_model, tmp_path):
    rows = {"train": [Triple(f"Name {i}.", "", "x") for i in range(2000)]}
    path = _dataset(tmp_path / "rows.sqlite", rows)
    _ask(server, _check(1, tiny_model, path), _row(2, tiny_model, "Hi", "", "Ho"))
    order = []
    while not order or order[-1] != (1, True):
        reply = _reply(server)
        order.append((reply.id, getattr(reply, "finished", False)))
    assert (2, False) in order[:-1]


def test_a_newer_check_takes_the_place_of_an_older_one(server, tiny_model, tmp_path):
    rows = {"train": [Triple(f"Name {i}.", "", "x") for i in range(2000)]}
    path = _dataset(tmp_path / "rows.sqlite", rows)
    _ask(server, *(_check(i, tiny_model, path) for i in (1, 2)))
    server.stdin.close()
    replies = [PROTOCOL.decode(line) for line in server.stdout]
    assert [type(r) for r in replies if r.id == 1][-1] is RequestFailed
    assert replies[-1].id == 2
    assert replies[-1].finished


def test_without_a_model_texts_alone_are_judged(server, tmp_path):
    path = _dataset(tmp_path / "rows.sqlite", {"train": [Triple("Hi", "", " Ho")]})
    _ask(server, _check(1, "", path))
    server.stdin.close()
    assert [PROTOCOL.decode(line) for line in server.stdout][-1].finished
    known = found.read(Path(path + ".checks"))
    assert not len(known.lengths)
    assert "blank_edges" in known.problems


def test_a_dataset_that_is_gone_is_a_sentence(lasting, tiny_model, tmp_path):
    _ask(lasting, _check(1, tiny_model, str(tmp_path / "gone.sqlite")))
    assert isinstance(_reply(lasting), RequestFailed)


def _check(number, model, path):
    return CheckDataset(id=number, dataset=path, sidecar=path + ".checks", model=str(model))


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


def _with(template, request=1, model="", output="Ho"):
    texts = ["Hi", "", output]
    return RenderRow(
        id=request, model=str(model), row_kind="triple", texts=texts, template=template
    )


ENDLESS = "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}"
HUGE = "{% set x = 'x' * 10**9 %}{% for m in messages %}{{ m.content + eos_token }}{% endfor %}"


def test_a_template_that_never_ends_is_told_and_ends_the_process(server, tiny_model):
    _ask(server, _with(ENDLESS, 1, tiny_model))
    reply = _reply(server)
    assert isinstance(reply, RequestFailed)
    assert (reply.id, reply.summary) == (
        1,
        "The chat template cannot be used: it did not finish within 2 s.",
    )
    assert server.wait(20) == 0


def test_a_template_that_takes_all_memory_is_refused_and_the_process_goes_on(lasting, tiny_model):
    late = "{% for m in messages %}{{ m.content + eos_token }}{% if m.content == 'Boom' %}"
    late += "{{ ('x' * 10**9) | length }}{% endif %}{% endfor %}"
    _ask(
        lasting,
        _with(HUGE, 1, tiny_model),
        _with(late, 2, tiny_model, "Boom"),
        _with(late, 3, tiny_model),
    )
    at_once, later, fine = _reply(lasting), _reply(lasting), _reply(lasting)
    assert "it takes more than 512 MiB of memory" in at_once.summary
    assert later.findings[0][0] == "template_failed"
    assert "it takes more than 512 MiB of memory" in later.findings[0][2]
    assert isinstance(fine, RowRendered)
    assert fine.findings == []


def test_errors_of_a_template_name_their_line(lasting, tiny_model):
    wrong = (
        "{% for m in messages %}\n{{ m.content + eos_token }}\n{{ m.nothing.at_all }}{% endfor %}"
    )
    _ask(lasting, _with("{{ 'a' }}\n{% if %}", 1, tiny_model), _with(wrong, 2, tiny_model))
    assert "line 2: " in _reply(lasting).summary
    assert "line 3: " in _reply(lasting).summary


def test_a_name_that_is_no_template_is_refused_with_the_names(lasting, tiny_model):
    _ask(lasting, _with("chatlm", 1, tiny_model), _with("chatml", 2, tiny_model))
    refused = _reply(lasting)
    assert "neither a name nor Jinja" in refused.summary
    assert "chatml" in refused.hint
    assert _reply(lasting).template == "ChatML, built in"
