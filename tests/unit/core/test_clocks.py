"""Lost time is told for what it was: a suspend, a process that stood, a clock that was set."""

from __future__ import annotations

import pytest

from studio.core.clocks import Clocks, odd_gap
from studio.machine.clocks import read_clocks

BEFORE = Clocks(wall=1000.0, elapsed=50.0, awake=40.0)


def after(*, wall: float, elapsed: float, awake: float) -> Clocks:
    return Clocks(1000.0 + wall, 50.0 + elapsed, 40.0 + awake)


@pytest.mark.parametrize(
    ("now", "code", "said"),
    [
        (after(wall=7202, elapsed=7202, awake=2), "suspended", "suspended for 2 h."),
        (after(wall=302, elapsed=302, awake=302), "stood_still", "stood still for 5 min."),
        (after(wall=182, elapsed=2, awake=2), "clock_set", "set forward by 3 min."),
        (after(wall=-3598, elapsed=2, awake=2), "clock_set", "set back by 1 h."),
        # a suspend after which a time server sets the clock is a suspend
        (after(wall=7260, elapsed=7202, awake=2), "suspended", "suspended for 2 h."),
    ],
)
def test_a_gap_is_told_with_its_cause_and_length(now, code, said):
    remark = odd_gap(BEFORE, now, 2.0)
    assert remark is not None
    assert remark.code == code
    assert said in remark.summary


def test_time_that_only_passes_is_not_told():
    assert odd_gap(BEFORE, after(wall=2.1, elapsed=2, awake=2), 2.0) is None
    assert odd_gap(BEFORE, after(wall=31, elapsed=31, awake=31), 2.0) is None


def test_the_clocks_of_this_machine_go_on_together():
    first, second = read_clocks(), read_clocks()
    assert second.elapsed >= first.elapsed
    assert second.awake >= first.awake
    assert odd_gap(first, second, 0.0) is None
