"""What a computer keeps of measured peaks, and that a damaged file costs only what is damaged."""

from __future__ import annotations

import pytest

from studio.core.peakrecord import PeakRecord
from studio.core.problems import StudioError
from studio.core.units import GIB
from studio.machine import peakhistory
from studio.machine.peakhistory import keep_peak, read_peaks
from studio.machine.places import peaks_file


def record(measured=2, run="", **other):
    values = {"kind": "run", "name": "one", "device": "cpu", "quantization": "none"} | other
    return PeakRecord(run=run, predicted=2 * GIB, plain=2 * GIB, measured=measured * GIB, **values)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "peaks.jsonl"


def test_a_computer_without_records_has_none(path):
    assert read_peaks(path) == []


def test_records_are_of_the_user_and_not_of_a_workspace(own_home):
    keep_peak(record())
    assert own_home in peaks_file().parents
    assert read_peaks() == [record()]


def test_what_is_damaged_is_left_out_and_the_rest_stays(path):
    keep_peak(record(1), path)
    with path.open("ab") as file:
        file.write(b'\x00\xff\n[1]\n{"kind": "run"}\n' + b"[" * 100_000 + b'\n{"kind": "ru')
    keep_peak(record(3), path)
    assert [each.measured // GIB for each in read_peaks(path)] == [1, 3]


def test_a_run_that_went_on_counts_once_with_its_highest_peak(path):
    for measured in (2, 4, 3):
        keep_peak(record(measured, run="a"), path)
    keep_peak(record(1, run="b"), path)
    assert [(each.run, each.measured // GIB) for each in read_peaks(path)] == [("a", 4), ("b", 1)]


def test_a_file_that_grew_too_long_keeps_its_newest_half(path, monkeypatch):
    monkeypatch.setattr(peakhistory, "MOST_BYTES", 20_000)
    monkeypatch.setattr(peakhistory, "MOST", 10)
    for number in range(60):
        keep_peak(record(1, run=f"run {number}"), path)
    assert path.stat().st_size < 20_000
    found = [each.run for each in read_peaks(path)]
    assert found[-1] == "run 59"
    assert len(found) <= 10


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(StudioError, match="could not be kept"):
        keep_peak(record(), blocked / "peaks.jsonl")
