"""A long step is told from a process that stands, hangs, or slept with its machine."""

from __future__ import annotations

from studio.core.actions import END, STOP, WAKE
from studio.core.runstate import RunState, State
from studio.core.vitals import Look, Vitals, silence_allowed

TRAINING = RunState(state=State.TRAINING, step=3, recent=((100, 2.0),))
SLOW = RunState(state=State.TRAINING, step=3, recent=((100, 40.0),))
LOADING = RunState(state=State.LOADING)


def told(state, looks, *, each=1.0):
    """Return the code and action after each of some looks."""
    vitals = Vitals()
    found = [vitals.look(look, each, state) for look in looks]
    return [(remark.code, remark.action) if remark else None for remark in found]


def beating(n, *, events=lambda i: 1, stopped=False):
    return [Look(beat=i, step=3, events=events(i), stopped=stopped) for i in range(n)]


def still(n, *, beat=7, stopped=False):
    return [Look(beat=beat, step=3, events=1, stopped=stopped) for _ in range(n)]


def test_a_beating_engine_in_a_step_of_a_minute_is_not_in_trouble():
    assert told(TRAINING, beating(60)) == [None] * 60


def test_a_stopped_process_is_told_at_once_and_can_be_woken():
    found = told(TRAINING, still(10, stopped=True))
    assert found[5] is None
    assert found[6] == ("process_stopped", WAKE)


def test_a_stopped_process_that_goes_on_is_no_trouble_any_more():
    found = told(
        TRAINING, [*still(10, stopped=True), Look(beat=8, step=3, events=1, stopped=False)]
    )
    assert found[-2] == ("process_stopped", WAKE)
    assert found[-1] is None


def test_an_engine_without_heartbeat_is_told_after_a_minute_and_can_be_ended():
    found = told(TRAINING, still(62))
    assert found[59] is None
    assert found[60] == ("process_silent", END)


def test_a_beating_engine_without_a_step_for_long_is_overdue():
    found = told(TRAINING, beating(62))
    assert found[59] is None
    assert found[60] == ("step_overdue", STOP)


def test_slow_steps_are_given_five_times_their_usual_length():
    assert silence_allowed(SLOW) == 200.0
    assert told(SLOW, beating(200))[-1] is None
    assert told(SLOW, beating(202))[-1] == ("step_overdue", STOP)


def test_loading_may_take_as_long_as_it_likes_while_the_heart_beats():
    assert told(LOADING, beating(500)) == [None] * 500
    assert told(LOADING, still(62))[-1] == ("process_silent", END)


def test_an_engine_of_a_version_without_heartbeat_is_judged_by_its_steps_alone():
    looks = still(62, beat=None)
    assert told(TRAINING, looks)[-1] == ("step_overdue", STOP)
    assert told(LOADING, looks)[-1] is None


def test_a_night_asleep_is_no_silence():
    vitals = Vitals()
    looks = still(3)
    vitals.look(looks[0], 1.0, TRAINING)
    assert vitals.look(looks[1], 8 * 3600.0, TRAINING) is None
    assert vitals.look(looks[2], -5.0, TRAINING) is None


def test_each_event_begins_the_wait_for_a_step_anew():
    assert told(TRAINING, beating(500, events=lambda i: i // 50)) == [None] * 500
