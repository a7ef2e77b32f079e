"""In a terminal a run is a bar and a small table that are drawn anew; in a pipe it is lines."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from studio.cli.livetable import block
from studio.core.runstate import RunState, State
from tests.helpers.children import held
from tests.helpers.runs import GIB, make_run, workspace_in

RUN = "2026-11-22-hotel-1"


def test_the_block_tells_how_far_and_how_well_and_fits_the_terminal():
    state = RunState(
        state=State.TRAINING,
        step=30,
        total_steps=120,
        loss=1.2344,
        target_loss=1.5,
        best_target_loss=1.4,
        best_step=20,
        learning_rate=1e-4,
        recent=((1000, 2.0),),
        memory_bytes=GIB,
        predicted_peak_bytes=2 * GIB,
    )
    bar, heads, values = block(state, 100)
    assert bar == "████████░░░░░░░░░░░░░░░░░░░░░░ 25\u00a0% · step 30 of 120 · 3 min left"
    assert heads.split() == ["loss", "held-out", "best", "rate", "tokens/s", "memory"]
    assert "1.234" in values
    assert "1.400 @20" in values
    assert "1.0 of 2.0 GiB" in values
    assert max(map(len, block(state, 40))) <= 39
    assert block(RunState(), 80)[2].split() == ["–"] * 6


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals for tests")
def test_a_terminal_gets_the_table_in_place_and_sentences_above_it(tmp_path: Path):
    import pty  # exists on POSIX only

    workspace = workspace_in(tmp_path)
    make_run(workspace, RUN)
    script = (
        "import sys; from pathlib import Path; from studio.cli import run_command, train;"
        "from tests.helpers.fakeengine import fake_command;"
        "from studio.core.workspace import RunFolder;"
        "train.engine_command = lambda _, run: fake_command('--steps', '20')(RunFolder(Path(run)));"
        f"sys.exit(run_command(['resume', {RUN!r}, '--workspace', {str(workspace.path)!r}]))"
    )
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", script]
    process = subprocess.Popen(command, stdout=theirs, stderr=theirs, cwd=Path(__file__).parents[2])
    os.close(theirs)
    written = b""
    with held(process):
        try:
            while piece := os.read(ours, 65536):
                written += piece
        except OSError:  # Linux's way to say that the other side is closed
            pass
        os.close(ours)
        assert process.wait(30) == 0
    text = written.decode()
    assert "\x1b[3A" in text, "the block is taken away before it is drawn again"
    assert "step 20 of 20" in text
    assert "Step 10: held-out loss" in text
    assert text.rstrip().endswith("1.8 of 1.9 GiB"), "the last table stays"
