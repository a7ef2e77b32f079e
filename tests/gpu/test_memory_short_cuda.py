"""Memory of a real card runs out, because another process holds nearly all of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from studio.core.events import MemoryShort, PlanChanged, RunEnded, RunStarted
from studio.core.units import GIB
from studio.machine.devices import read_machine
from studio.machine.enginecommand import engine_command, engine_environment
from tests.helpers.runfolders import events_of, make_run, steps_of

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not read_machine().gpus, reason="no NVIDIA card"),
]
HOLDER = """
import sys, torch
free, _ = torch.cuda.mem_get_info()
held = torch.empty(max(0, free - int(sys.argv[1])), dtype=torch.uint8, device="cuda")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def leave() -> Iterator[Callable[[int], None]]:
    """Return what lets another process hold all of the card but some bytes."""
    holders: list[subprocess.Popen[str]] = []

    def hold(n_bytes: int) -> None:
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(n_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        holders.append(holder)
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"

    yield hold
    for holder in holders:
        holder.communicate()


def train(run):
    """Train in an engine process, and return its events by kind."""
    subprocess.run(engine_command("train", str(run.path)), env=engine_environment(), timeout=500)
    found = events_of(run)
    return lambda kind: [event for event in found if isinstance(event, kind)]


def test_a_batch_that_does_not_fit_is_halved_until_it_does(tmp_path, tiny_model, leave):
    leave(3 * GIB)
    rows = [("train", f"Say a lot about {n}.", "", "word " * 3000) for n in range(256)]
    settings = {"micro_batch": 256, "max_tokens": 2048, "checkpointing": "off", "max_steps": 3}
    run = make_run(tmp_path, tiny_model, rows, device="cuda", quantization="none", **settings)
    told = train(run)
    assert told(RunEnded)[-1].outcome == "done"
    assert {event.where for event in told(MemoryShort)} == {"training"}
    first = told(PlanChanged)[0]
    assert first.changes == {"micro_batch": 128, "grad_accum": 2}
    assert len({event.pid for event in told(RunStarted)}) == 1
    assert list(steps_of(run)) == [1, 2, 3]


def test_rows_that_fit_in_no_way_end_the_run_with_an_offer(tmp_path, tiny_model, leave):
    leave(GIB)
    rows = [("train", "Say a lot.", "", "word " * 700_000)] * 2
    settings = {"micro_batch": 2, "max_tokens": 1_000_000, "checkpointing": "off", "max_steps": 1}
    run = make_run(tmp_path, tiny_model, rows, device="cuda", quantization="none", **settings)
    told = train(run)
    ended = told(RunEnded)[-1]
    assert ended.outcome == "out_of_memory"
    assert "shorter rows" in ended.hint
    assert [event.changes for event in told(PlanChanged)] == [
        {"micro_batch": 1, "grad_accum": 2},
        {"checkpointing": "on"},
        {"checkpointing": "offload"},
    ]


def test_what_waits_in_ram_trains_the_same(tmp_path, tiny_model):
    settings = {"device": "cuda", "quantization": "none", "precision": "fp32", "max_steps": 3}
    kept = make_run(tmp_path, tiny_model, checkpointing="on", **settings)
    away = make_run(tmp_path, tiny_model, checkpointing="offload", **settings)
    for run in (kept, away):
        assert train(run)(RunEnded)[-1].outcome == "done"
    for step, event in steps_of(kept).items():
        assert steps_of(away)[step].loss == pytest.approx(event.loss, abs=1e-5)
