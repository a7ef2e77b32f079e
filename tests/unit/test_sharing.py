"""Several engines on one run: who they are, what each takes of a step, what the end of one means."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.core.problems import RunError
from studio.core.recipe import Recipe
from studio.engine.again import StartAgain
from studio.engine.batches import PlannedBatches, trained_tokens
from studio.engine.chance import draw_anew
from studio.engine.control import Wishes
from studio.engine.emit import SilentLog
from studio.engine.place import ALONE, PeerLostError, Place, place_of
from studio.engine.rowsfile import TokenRow
from studio.engine.share import Share, rows_at_once
from studio.engine.team import Team, gone
from tests.helpers.runs import make_run, workspace_in


def planned(rows: int, micro_batch: int, grad_accum: int, at_once: int = 0) -> PlannedBatches:
    made = [
        TokenRow(i, np.arange(3 + i % 5, dtype=np.int64), np.ones(3 + i % 5, np.bool_))
        for i in range(rows)
    ]
    return PlannedBatches(
        made, 0, seed=1, micro_batch=micro_batch, grad_accum=grad_accum, at_once=at_once
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.integers(1, 5), st.integers(1, 5), st.integers(1, 5))
def test_the_engines_together_take_each_step_once_and_equally_often(
    rows: int, micro_batch: int, grad_accum: int, size: int
) -> None:
    plan = planned(rows, micro_batch, grad_accum)
    shares = [Share(plan, Place(rank, size)) for rank in range(size)]
    steps = range(plan.steps_per_epoch)
    for step in steps:
        taken = [share.of(step) for share in shares]
        assert len({len(batches) for batches in taken}) == 1
        assert (
            sum(trained_tokens(b) for batches in taken for b in batches) == plan.tokens_of(step)[1]
        )
        told = [len(share.sequences_of(step)) for share in shares]
        assert told == [len(batches) for batches in taken]
    for share in shares:
        assert sum(len(share.of(step)) for step in steps) == share.pieces_per_epoch
        assert max(len(share.of(step)) for step in steps) == share.pieces or len(steps) == 1


def test_one_engine_takes_what_is_planned() -> None:
    plan = planned(11, 2, 3)
    share = Share(plan, ALONE)
    assert (share.pieces, share.pieces_per_epoch) == (plan.pieces, plan.pieces_per_epoch)
    assert share.sequences_of(1) == plan.sequences_of(1)


def test_a_step_of_one_micro_batch_is_cut_so_that_all_have_rows() -> None:
    assert rows_at_once(4, 4, 2) == 2
    assert rows_at_once(4, 16, 2) == 4
    assert rows_at_once(1, 1, 3) == 1


def test_a_place_is_what_the_launcher_tells() -> None:
    assert place_of({}) == ALONE
    assert not place_of({"RANK": "0", "WORLD_SIZE": "1", "LOCAL_RANK": "0"}).shares
    second = place_of({"RANK": "5", "WORLD_SIZE": "8", "LOCAL_RANK": "1"})
    assert second == Place(5, 8, 1)
    assert not second.leads
    for told in ({"RANK": "2", "WORLD_SIZE": "2"}, {"RANK": "x", "WORLD_SIZE": "2"}):
        with pytest.raises(RunError, match="makes no sense"):
            place_of(told)


def test_chance_of_a_step_is_the_same_again_and_another_for_each_engine() -> None:
    with torch.random.fork_rng():
        drawn = []
        for seed, step, rank in ((1, 7, 0), (1, 7, 0), (1, 7, 1), (1, 8, 0), (2, 7, 0)):
            draw_anew(seed, step, rank)
            drawn.append(float(torch.rand(())))
    assert drawn[0] == drawn[1]
    assert len(set(drawn)) == 4


def test_the_end_of_another_engine_is_known_by_its_closed_connection() -> None:
    lost = gone(RuntimeError("[gloo/transport/tcp/pair.cc:534] Connection closed by peer"), Team())
    assert isinstance(lost, PeerLostError)
    mine = RuntimeError("The size of tensor a must match")
    assert gone(mine, Team()) is mine


def test_what_an_engine_said_last_is_why_the_run_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    team = Team(Place(0, 2))
    monkeypatch.setattr(team, "last_words", lambda: "Process 1 of the run: CUDA out of memory")
    found = gone(PeerLostError("gone"), team)
    assert not isinstance(found, PeerLostError)
    assert "out of memory" in str(found)


def test_several_engines_that_should_begin_again_pause_and_say_so(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studio.engine.session import Session

    def begins_again(self: Session) -> None:
        raise StartAgain

    run = make_run(workspace_in(tmp_path))
    monkeypatch.setattr(Session, "_try", begins_again)
    wishes = Wishes(run.control, 0.0)
    ending = Session(run, Recipe(), SilentLog(), wishes, Place(0, 2)).work()
    assert ending.outcome == "paused"
    assert "cannot begin again by themselves" in ending.summary
    with pytest.raises(StartAgain):
        Session(run, Recipe(), SilentLog(), wishes).work()
