"""What earlier runs on a computer add to a prediction, and what they are not allowed to."""

from __future__ import annotations

import pytest

from studio.core.calibration import MOST, NEWEST, calibrate
from studio.core.peakrecord import PeakRecord
from studio.core.units import GIB

CARD = "cuda:0 NVIDIA H200"


def record(measured, plain=10.0, *, kind="run", device=CARD, quantization="nf4", time=1.0):
    return PeakRecord(
        kind=kind,
        name="one",
        time=time,
        device=device,
        quantization=quantization,
        predicted=round(plain * GIB),
        plain=round(plain * GIB),
        measured=round(measured * GIB),
    )


def correction(records, total=10.0, device="cuda", quantization="nf4"):
    return calibrate(records, device, quantization).correction(round(total * GIB)) / GIB


def test_one_record_changes_nothing_and_two_that_agree_do():
    assert correction([record(10.4)]) == 0
    assert correction([record(10.4), record(10.4)]) == pytest.approx(0.4)
    assert correction([record(9.6), record(9.6)]) == pytest.approx(-0.4)


def test_one_wild_record_among_good_ones_changes_nothing():
    good = [record(10.2), record(10.3), record(10.2), record(10.3)]
    assert correction([*good, record(19)]) == pytest.approx(correction(good), abs=0.06)


def test_a_peak_of_something_else_is_not_believed():
    assert correction([record(300), record(300), record(0.01)]) == 0


def test_never_more_than_a_tenth_is_added_or_taken():
    assert correction([record(16), record(16)]) == pytest.approx(MOST * 10)
    assert correction([record(5), record(5)]) == pytest.approx(-MOST * 10)


def test_an_error_of_a_small_model_is_not_blown_up_for_a_large_one():
    small = [record(1.1, 1.0), record(1.1, 1.0)]
    assert correction(small, total=10) == pytest.approx(0.1)
    assert correction(small, total=0.5) == pytest.approx(0.05)


def test_what_cancels_out_or_hardly_matters_is_not_counted_in():
    assert correction([record(10.3), record(9.7)]) == 0
    assert correction([record(10.01), record(10.01)]) == 0


def test_another_device_or_backend_says_nothing():
    elsewhere = [record(10.5, device="cpu AMD"), record(10.5, quantization="none")] * 2
    assert correction(elsewhere) == 0
    assert correction(elsewhere, device="cpu") == pytest.approx(0.5)
    assert correction(elsewhere, quantization="none") == pytest.approx(0.5)


def test_only_the_newest_records_count():
    old = [record(10.8, time=n) for n in range(NEWEST)]
    new = [record(10.2, time=100 + n) for n in range(NEWEST)]
    assert correction([*new, *old]) == pytest.approx(0.2)


def test_two_steps_count_until_there_are_whole_runs():
    steps = [record(10.2, kind="measurement")] * 3
    assert correction([*steps, record(10.4)]) == pytest.approx(0.2)
    assert correction([*steps, record(10.4), record(10.4)]) == pytest.approx(0.4)


def test_what_was_counted_in_is_said():
    found = calibrate([record(10.4), record(10.4)], "cuda", "nf4")
    total = 10 * GIB
    said = found.sentence(total, found.correction(total))
    assert said == "This machine usually takes 4\u00a0% more; counted in."
    assert found.sentence(total, 0) == ""


def test_a_record_survives_being_written_as_plain_values():
    one = record(10.4)
    assert PeakRecord.from_mapping(one.to_mapping()) == one
    assert one.off == pytest.approx(0.04)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "rumour"},
        {"measured": 0},
        {"measured": -1},
        {"measured": "much"},
        {"measured": float("nan")},
        {"plain": float("inf")},
        {"predicted": True},
        {"measured": 10**30},
        {"device": ""},
        {"parts": [1]},
        {"parts": {"buffers": "many"}},
        {"recipe": "none"},
    ],
)
def test_garbage_is_no_record(change):
    with pytest.raises(ValueError, match="no"):
        PeakRecord.from_mapping(record(10.4).to_mapping() | change)
