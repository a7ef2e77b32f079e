"""The watchdog says what is wrong with a run once, and again only after it was gone."""

from __future__ import annotations

import math
import random

import pytest

from studio.core.actions import read_action
from studio.core.watchdog import MOST_TOLD, StepLook, Watchdog, fault_before_move

ROWS = (12, 15)


def look(step, loss=1.0, grad_norm=0.5, trained_tokens=40, **more):
    return StepLook(
        step=step,
        loss=loss,
        grad_norm=grad_norm,
        trained_tokens=trained_tokens,
        rows=ROWS,
        **more,
    )


def healthy(steps, seed=3):
    """Return the losses of a run that learns, with the noise of small batches."""
    chance = random.Random(seed)
    return [0.8 + 2.0 * math.exp(-i / 60) + chance.gauss(0, 0.08) for i in range(steps)]


def told(dog, losses, start=1, **more):
    """Return (step, code) of all that is said about some losses in a row."""
    found = []
    for step, loss in enumerate(losses, start):
        found += [(r.step, r.code) for r in dog.step(look(step, loss, **more))]
    return found


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_said_of_a_healthy_run(seed):
    assert told(Watchdog(), healthy(2000, seed)) == []


@pytest.mark.parametrize(
    ("loss", "grad_norm", "scaled", "stops"),
    [
        (1.0, 0.5, False, False),
        (math.nan, 0.5, False, True),
        (math.inf, 0.5, True, True),
        (1.0, math.nan, False, True),
        (1.0, math.inf, True, False),
        (0.0, 0.0, False, False),
    ],
)
def test_the_optimizer_must_not_move_without_numbers(loss, grad_norm, scaled, stops):
    why = fault_before_move(7, loss, grad_norm, scaled=scaled)
    assert bool(why) is stops
    assert ("At step 7" in why) is stops


def test_a_spike_names_its_rows_and_what_is_usual():
    dog = Watchdog()
    assert told(dog, [1.0] * 30) == []
    (remark,) = dog.step(look(31, 4.0))
    assert remark.code == "loss_spike"
    assert "4.00" in remark.summary
    assert "1.00" in remark.summary
    assert read_action(remark.action).numbers == ROWS


def test_spikes_one_after_the_other_are_told_once_then_as_a_rising_loss():
    dog = Watchdog()
    told(dog, healthy(200))
    found = told(dog, [5.0] * 20, start=201)
    assert [code for _, code in found] == ["loss_spike", "loss_rises"]
    assert found[1][0] == 208


def test_a_spike_is_told_again_after_a_calm_and_at_most_five_times():
    dog = Watchdog()
    losses = ([1.0] * 40 + [3.0]) * (MOST_TOLD + 3)
    found = told(dog, losses, warmed_up=False)
    assert found == [(41 * i, "loss_spike") for i in range(1, MOST_TOLD + 1)]


def test_a_great_gradient_offers_a_lower_rate():
    dog = Watchdog()
    told(dog, healthy(50))
    (remark,) = dog.step(look(51, 1.6, grad_norm=30.0))
    assert (remark.code, remark.action) == ("gradient_spike", "lower_rate")


def test_a_loss_that_never_falls_is_told_once_at_step_sixty():
    chance = random.Random(1)
    flat = [2.5 + chance.gauss(0, 0.05) for _ in range(300)]
    assert told(Watchdog(), flat) == [(60, "flat_loss")]


def test_a_plateau_after_learning_is_normal_and_a_learned_run_is_not_flat():
    assert told(Watchdog(), healthy(100) + [0.8] * 300) == []
    assert told(Watchdog(), [0.05] * 200) == []


def test_steps_of_the_warm_up_do_not_count_as_flat():
    dog = Watchdog()
    assert told(dog, [2.5] * 100, warmed_up=False) == []
    assert told(dog, [2.5] * 60, start=101) == [(160, "flat_loss")]


def test_a_gradient_of_zero_is_told_once_and_counted():
    dog = Watchdog()
    assert told(dog, [1.0] * 4, grad_norm=0.0) == [(1, "no_gradient")]
    assert dog.zeros == 4
    dog.step(look(5))
    assert dog.zeros == 0


def test_a_loss_of_zero_is_told_as_such():
    (remark,) = Watchdog().step(look(1, 0.0))
    assert remark.code == "no_gradient"
    assert "loss was exactly zero" in remark.summary


def test_a_batch_without_a_trained_token_names_its_rows():
    dog = Watchdog()
    (remark,) = dog.step(look(1, 0.0, 0.0, trained_tokens=0))
    assert remark.code == "nothing_trained"
    assert dog.zeros == 0
    (remark,) = Watchdog().step(look(1, empty_rows=(15,)))
    assert read_action(remark.action).numbers == (15,)


def test_a_growing_gap_offers_the_best_step_and_is_told_once():
    dog = Watchdog()
    said = []
    for epoch, held_out in enumerate([2.0, 1.5, 1.3, 1.4, 1.5, 1.7, 1.9]):
        told(dog, [2.0 - 0.2 * epoch] * 20, start=20 * epoch)
        said += dog.evaluated(20 * epoch + 20, held_out)
    (remark,) = said
    assert (remark.code, remark.step, remark.action) == ("gap_grows", 100, "roll_back:60")


def test_a_worse_evaluation_while_training_does_not_improve_either_is_no_gap():
    dog = Watchdog()
    said = []
    for epoch, held_out in enumerate([1.3, 1.4, 1.5, 1.6]):
        told(dog, [2.0 + 0.1 * epoch] * 50, start=50 * epoch)
        said += dog.evaluated(50 * epoch + 50, held_out)
    assert said == []


def test_an_evaluation_without_a_number_is_passed_over():
    assert Watchdog().evaluated(10, math.nan) == []
