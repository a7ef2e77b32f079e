"""Two real processes share a run: the curve of one process, each goes on where the other ended."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from studio.core.control import PauseAsked
from studio.core.events import Evaluated, RunEnded, RunStarted
from studio.core.runstate import State
from studio.core.workspace import RunFolder
from studio.data.checkpoints import checkpoint_steps, latest_verified, set_aside_after
from studio.data.rowlosses import read_row_losses
from studio.data.runfiles import summarize
from tests.helpers.runfolders import events_of, make_run, steps_of
from tests.helpers.severalengines import LONG_SECONDS, carried_out, engine_of_rank, launched
from tests.helpers.working import ask_at, work

pytestmark = pytest.mark.slow

STEPS = 4
TOLERANCE = 2e-6
"""Of losses near 6 in fp32, relative: sums of the same numbers in another order."""
RECIPE = {
    "max_steps": STEPS,
    "save_steps": 1,
    "eval_steps": 2,
    "keep_checkpoints": 9,
    "micro_batch": 2,
    "grad_accum": 3,  # of two processes one has nothing left in the second round
    "precision": "fp32",
    "dropout": 0.0,
}


def losses_of(run: RunFolder) -> list[float]:
    return [step.loss for _, step in sorted(steps_of(run).items())]


def held_out_of(run: RunFolder) -> dict[int, float]:
    return {e.step: e.target_loss for e in events_of(run) if isinstance(e, Evaluated)}


def rows_of(run: RunFolder) -> list[tuple[int, int, int]]:
    """Return which rows were taken down at which step, and their trained tokens."""
    return sorted(
        (int(step), int(row), int(n)) for step, row, _, n in read_row_losses(run.row_losses)
    )


def test_two_processes_go_on_where_one_paused_and_one_goes_on_where_they_ended(
    tmp_path: Path, tiny_model: Path
) -> None:
    alone = make_run(tmp_path / "alone", tiny_model, **RECIPE)
    assert work(alone).outcome == "done"
    shared = make_run(tmp_path / "shared", tiny_model, **RECIPE)
    assert work(shared, ask_at(shared, 1, PauseAsked())).outcome == "paused"

    code, said = carried_out(shared)
    assert code == 0, said
    started = [e for e in events_of(shared) if isinstance(e, RunStarted)]
    assert [(e.processes, e.resumed_from) for e in started] == [(1, 0), (2, 1)]
    assert losses_of(shared) == pytest.approx(losses_of(alone), rel=TOLERANCE)
    assert held_out_of(shared) == pytest.approx(held_out_of(alone), rel=TOLERANCE)
    assert checkpoint_steps(shared) == [4, 3, 2, 1]
    ended = [e for e in events_of(shared) if isinstance(e, RunEnded)]
    assert [e.outcome for e in ended] == ["done"]  # nobody wrote the end of the pause here
    assert rows_of(shared) == rows_of(alone)

    set_aside_after(shared, 3)
    shutil.rmtree(shared.adapter)
    before = steps_of(shared)[4].loss
    assert work(shared).outcome == "done"
    assert steps_of(shared)[4].loss == pytest.approx(before, rel=TOLERANCE)


def test_two_processes_learn_a_quantised_base_as_one_does(tmp_path: Path, tiny_model: Path) -> None:
    recipe = RECIPE | {"quantization": "nf4", "max_steps": 3, "grad_accum": 1}
    alone = make_run(tmp_path / "alone", tiny_model, **recipe)
    assert work(alone).outcome == "done"
    shared = make_run(tmp_path / "shared", tiny_model, **recipe)
    code, said = carried_out(shared)
    assert code == 0, said
    assert len(losses_of(shared)) == 3
    assert losses_of(shared) == pytest.approx(losses_of(alone), rel=TOLERANCE)


def test_a_killed_process_ends_the_other_and_the_run_is_lost_but_can_be_resumed(
    tmp_path: Path, tiny_model: Path
) -> None:
    endless = RECIPE | {"max_steps": 1_000_000, "eval_steps": 1_000_000, "save_steps": 5}
    run = make_run(tmp_path, tiny_model, **endless | {"keep_checkpoints": 2})
    with launched(run) as launcher:
        second = engine_of_rank(launcher.pid, 1)
        until = time.monotonic() + LONG_SECONDS
        while not checkpoint_steps(run) and time.monotonic() < until:
            assert launcher.poll() is None, launcher.communicate(timeout=LONG_SECONDS)[0]
            time.sleep(0.1)
        second.kill()
        said, _ = launcher.communicate(timeout=LONG_SECONDS)
    assert launcher.returncode != 0
    assert "Another process of the run has ended" in said
    assert summarize(run).state.state is State.LOST
    assert latest_verified(run)[0] > 0
