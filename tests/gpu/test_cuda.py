"""The main line on a real card; left out where there is none."""

from __future__ import annotations

import subprocess
import sys

import pytest

from studio.core.events import RunEnded, RunStarted
from studio.core.protocol import ChatLoaded, LoadChat
from studio.machine.devices import read_machine
from studio.machine.enginecommand import engine_command, engine_environment, replies
from tests.helpers.runfolders import events_of, make_run, steps_of

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.slow,
    pytest.mark.skipif(not read_machine().gpus, reason="no NVIDIA card"),
]


def _train(run):
    command = engine_command("train", str(run.path))
    done = subprocess.run(command, env=engine_environment(), capture_output=True, timeout=240)
    sys.stderr.write(done.stderr.decode("utf-8", "replace"))
    events = events_of(run)
    started = next(e for e in events if isinstance(e, RunStarted))
    ended = next(e for e in events if isinstance(e, RunEnded))
    return started, ended, steps_of(run)


def test_nf4_trains_on_the_card_and_says_so(tmp_path, tiny_model):
    run = make_run(tmp_path, tiny_model, device="cuda", max_steps=30)
    started, ended, steps = _train(run)
    assert ended.outcome == "done"
    assert started.device.startswith("cuda") and started.quantization == "nf4"
    assert steps[30].loss < steps[1].loss
    assert ended.measured_peak_bytes > 0


def test_the_base_column_is_proven_on_the_card(tmp_path, tiny_model):
    run = make_run(tmp_path, tiny_model, device="cuda", max_steps=10)
    assert _train(run)[1].outcome == "done"
    asked = LoadChat(
        id=1, model=str(tiny_model), adapter=str(run.adapter), run=str(run.path), device="cuda"
    )
    loaded = next(r for r in replies(engine_command("chat"), asked) if isinstance(r, ChatLoaded))
    assert loaded.device.startswith("cuda") and loaded.base_proven
