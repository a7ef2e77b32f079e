"""Events become batches and batches become curves, whatever was interrupted on the way."""

from __future__ import annotations

import math

import numpy as np

from studio.app.runhistory import COLUMNS, Folder, History
from studio.core.events import CheckpointCommitted, Evaluated, RunEnded, RunStarted, StepDone
from studio.core.runstate import State
from studio.ui.train.curvedata import bounds, run_curves, step_ticks, thinned, tick_words, ticks


def started(resumed_from: int = 0) -> RunStarted:
    return RunStarted(run="r", total_steps=100, pid=1, resumed_from=resumed_from, time=5.0)


def step(n: int, loss: float = 1.0, seconds: float = 2.0) -> StepDone:
    return StepDone(
        step=n,
        loss=loss,
        learning_rate=1e-4,
        grad_norm=0.5,
        tokens=100,
        trained_tokens=40,
        seconds=seconds,
    )


def history_of(*pieces: list[object]) -> tuple[Folder, History]:
    folder, history = Folder(), History()
    for events in pieces:
        for batch in folder.fold(events):
            history.add(batch)
    return folder, history


def test_every_step_is_kept_in_order_however_the_events_are_cut() -> None:
    events = [started(), *(step(n, loss=1 / n) for n in range(1, 3001))]
    _, whole = history_of(events)
    _, cut = history_of(events[:7], events[7:2000], events[2000:])
    assert len(whole) == len(cut) == 3000
    for name in COLUMNS:
        assert np.array_equal(whole.column(name), cut.column(name))
    assert whole.column("elapsed")[-1] == 6000.0
    assert whole.column("tokens_per_second")[0] == 50.0


def test_a_resumed_run_forgets_the_steps_that_are_taken_again() -> None:
    before = [started(), *(step(n, 9.0) for n in range(1, 31))]
    before += [Evaluated(step=0, target_loss=3.0), Evaluated(step=25, target_loss=2.0)]
    before += [CheckpointCommitted(step=20, path="c")]
    after = [started(resumed_from=20), *(step(n, 1.0) for n in range(21, 41))]
    for pieces in ((before, after), (before + after,)):
        folder, history = history_of(*pieces)
        assert history.column("step").tolist() == list(range(1, 41))
        assert history.column("loss")[19] == 9.0
        assert history.column("loss")[20] == 1.0
        assert history.column("elapsed")[-1] == 80.0
        assert [e.step for e in history.evaluations] == [0]
        assert [c.step for c in history.checkpoints] == [20]
        assert folder.state.step == 40


def test_the_smoothed_loss_of_a_resumed_run_goes_on_where_the_checkpoint_was() -> None:
    losses = [2.0, 1.8, 1.7, 1.5, 1.4, 1.2]
    straight = [step(n + 1, loss) for n, loss in enumerate(losses)]
    _, whole = history_of([started(), *straight])
    _, resumed = history_of([started(), *straight[:5]], [started(resumed_from=3), *straight[3:]])
    assert np.allclose(whole.column("smoothed"), resumed.column("smoothed"))


def test_the_state_of_a_batch_is_that_after_its_last_event() -> None:
    batches = Folder().fold([started(), step(1), RunEnded(outcome="done", run="r", step=1)])
    assert [batch.state.state for batch in batches] == [State.DONE]
    assert batches[0].rewind == 0


def test_the_base_is_what_was_evaluated_at_step_0() -> None:
    assert History().base_loss is None
    _, history = history_of([started(), Evaluated(step=0, target_loss=3.5)])
    assert history.base_loss == 3.5


def test_time_gone_is_known_between_steps() -> None:
    _, history = history_of([started(), step(1), step(2)])
    assert history.elapsed_at(1.5) == 3.0
    assert History().elapsed_at(7) == 0.0


def test_a_thinned_curve_keeps_its_spike_and_its_gap() -> None:
    x = np.arange(100_000, dtype=np.float64)
    y = np.sin(x / 500)
    y[77_123], y[31_234] = 9.0, math.nan
    points = thinned(x, y, 4_000)
    assert len(points.x) <= 4_000
    assert points.y[np.flatnonzero(points.x == 77_123)[0]] == 9.0
    assert 31_234 in points.x
    assert points.x[0] == 0
    assert points.x[-1] == 99_999
    assert bool((np.diff(points.x) > 0).all())


def test_older_points_stay_where_they_are_while_a_curve_grows() -> None:
    y = np.cumsum(np.sin(np.arange(9_000.0)))
    x = np.arange(9_000.0)
    early, late = thinned(x[:8_500], y[:8_500], 4_000), thinned(x, y, 4_000)
    assert early.x[:2_000].tolist() == late.x[:2_000].tolist()


def test_losses_that_are_no_number_are_gaps_with_a_cross() -> None:
    folder, history = history_of([started(), step(1), step(2, math.nan), step(3, math.inf)])
    curves = run_curves(history, folder.state, frozenset())
    assert curves.gaps.tolist() == [2.0, 3.0]
    assert np.isnan(curves.raw.y[1:]).all()


def test_gain_is_measured_from_the_base_upwards() -> None:
    events = [started(), Evaluated(step=0, target_loss=3.0), Evaluated(step=10, target_loss=2.5)]
    folder, history = history_of(events)
    curves = run_curves(history, folder.state, frozenset({10}))
    assert curves.gained.y.tolist() == [0.0, 0.5]
    assert curves.best == 10
    folder, history = history_of([started(), Evaluated(step=10, target_loss=2.5)])
    assert len(run_curves(history, folder.state, frozenset()).gained.y) == 0


def test_ticks_are_round_and_few() -> None:
    assert ticks(0, 275, 7) == [0, 50, 100, 150, 200, 250]
    assert [words for _, words in tick_words(ticks(0.4, 2.3))] == ["0.5", "1.0", "1.5", "2.0"]
    assert [words for _, words in tick_words([-0.25, 0.0, 0.25], sign=True)] == [
        "−0.25",
        "0.00",
        "+0.25",
    ]
    assert step_ticks(1, 5)[-1] == (1.0, "1")
    assert step_ticks(20_000, 5)[-1] == (20_000.0, "20,000")


def test_bounds_of_nothing_are_a_plain_scale() -> None:
    assert bounds([np.empty(0), np.array([math.nan])]) == (0.0, 1.0)
    low, high = bounds([np.array([1.0, 3.0])])
    assert low < 1.0 < 3.0 < high
