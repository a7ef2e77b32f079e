"""The training engine as a process: its lock, its death, its signals."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time

import pytest

from studio.core.control import CONTROL, PauseAsked, StopAsked
from studio.core.events import RoomWanted, RunEnded, RunStarted, StateChanged, StepDone
from studio.data.checkpoints import checkpoints_of, file_hash
from studio.machine.enginecommand import engine_command, engine_environment
from studio.machine.locks import RunLock
from tests.helpers.children import held
from tests.helpers.runfolders import events_of, make_run, steps_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(500)]
ADAPTER = "adapter_model.safetensors"
LONGEST = 150


def _start(run):
    return subprocess.Popen(
        engine_command("train", str(run.path)),
        env=engine_environment() | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def _wait_for(run, process, fact):
    """Read the run's events until one of them is the fact."""
    end = time.monotonic() + LONGEST
    while time.monotonic() < end:
        if any(fact(event) for event in events_of(run)):
            return
        assert process.poll() is None, process.stderr.read().decode()
        time.sleep(0.05)
    raise AssertionError(f"not told within {LONGEST} s: {events_of(run)[-3:]}")


def test_a_run_killed_at_random_goes_on_as_if_nothing_had_happened(tmp_path, tiny_model):
    settings = {"max_steps": 24, "save_steps": 1, "eval_steps": 50, "micro_batch": 2}
    whole = make_run(tmp_path, tiny_model, **settings)
    with held(_start(whole)) as process:
        assert process.wait(LONGEST) == 0
    killed = make_run(tmp_path, tiny_model, **settings)
    last = random.randint(2, 18)
    with held(_start(killed)) as process:
        _wait_for(killed, process, lambda e: isinstance(e, StepDone) and e.step >= last)
        time.sleep(random.random() * 0.05)  # into a step or a commit, wherever that is
        process.kill()
    assert RunLock(killed.lock).owner().pid == process.pid
    assert not RunLock(killed.lock).alive()
    assert all(c.verified for c in checkpoints_of(killed))
    with held(_start(killed)) as process:
        assert process.wait(LONGEST) == 0
    assert {n: e.loss for n, e in steps_of(killed).items()} == {
        n: e.loss for n, e in steps_of(whole).items()
    }
    assert file_hash(killed.adapter / ADAPTER) == file_hash(whole.adapter / ADAPTER)
    starts = [e.resumed_from for e in events_of(killed) if isinstance(e, RunStarted)]
    assert starts[0] == 0 < starts[1]


def test_a_second_engine_is_refused_and_a_signal_keeps_the_result(tmp_path, tiny_model):
    run = make_run(tmp_path, tiny_model, max_steps=100_000, save_steps=90_000, eval_steps=90_000)
    with held(_start(run)) as process:
        _wait_for(run, process, lambda e: isinstance(e, StateChanged))
        assert RunLock(run.lock).owner().pid == process.pid
        with held(_start(run)) as second:
            _, said = second.communicate(timeout=LONGEST)
            assert second.returncode == 1
            assert f"already being worked on by process {process.pid}" in said.decode()
        _wait_for(run, process, lambda e: isinstance(e, StepDone))
        process.send_signal(signal.SIGTERM)
        assert process.wait(LONGEST) == 0
    told = events_of(run)
    assert [type(e) for e in told].count(RunEnded) == 1
    assert told[-1].outcome == "stopped"
    assert told[-1].adapter == "adapter"
    assert told[-1].step == len(steps_of(run))
    assert told[-1].measured_peak_bytes > 0
    assert (run.adapter / ADAPTER).is_file()
    assert RunLock(run.lock).owner() is None


def test_a_stop_asked_while_loading_is_met(tmp_path, tiny_model):
    run = make_run(tmp_path, tiny_model, max_steps=100_000)
    with held(_start(run)) as process:
        _wait_for(run, process, lambda e: isinstance(e, StateChanged))
        run.control.write_bytes(CONTROL.encode(StopAsked(time=time.time())))
        assert process.wait(LONGEST) == 0
    assert events_of(run)[-1].outcome == "stopped"
    assert steps_of(run) == {}


def test_a_disk_that_takes_no_more_is_waited_for_and_the_run_goes_on_later(tmp_path, tiny_model):
    run = make_run(tmp_path, tiny_model, max_steps=3, save_steps=2, eval_steps=50)
    limit = "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (50_000,) * 2);"
    code = f"{limit} sys.argv[0] = 'studio.engine'; runpy.run_module('studio.engine', {{}}, '__main__')"
    started = subprocess.Popen(
        [sys.executable, "-c", code, "train", str(run.path)],
        env=engine_environment() | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with held(started) as full:
        _wait_for(run, full, lambda e: isinstance(e, RoomWanted))
        run.control.write_bytes(CONTROL.encode(PauseAsked(time=time.time())))
        assert full.wait(LONGEST) == 0
    assert events_of(run)[-1].outcome == "paused"
    assert [step.name for step in run.checkpoints.glob("step-*")] == []
    with held(_start(run)) as process:
        assert process.wait(LONGEST) == 0
    assert events_of(run)[-1].outcome == "done"


def test_a_run_that_is_none_is_a_sentence(tmp_path):
    process = subprocess.run(
        engine_command("train", str(tmp_path)), env=engine_environment(), capture_output=True
    )
    assert process.returncode == 1
    assert f"There is no run in {tmp_path}." in process.stderr.decode()
    assert b"Traceback" not in process.stderr
