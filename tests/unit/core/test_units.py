import math
import time

import pytest

from studio.core import units


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (units.gib(6.6 * 1024**3), "6.6 GiB"),
        (units.gib(3.351 * 1024**3, 2), "3.35 GiB"),
        (units.file_size(101_000_000), "101 MB"),
        (units.file_size(6.4e9), "6.4 GB"),
        (units.file_size(900), "1 kB"),
        (units.file_size(999_499), "999 kB"),
        (units.file_size(999_600), "1 MB"),
        (units.file_size(999_600_000), "1.0 GB"),
        (units.count(999_960), "1.0 M"),
        (units.count(999_949), "999.9 k"),
        (units.count(999_960_000), "1.00 B"),
        (units.count(-9_999.6), "-10.0 k"),
        (units.count(999), "999"),
        (units.count(17_604), "17.6 k"),
        (units.count(41.9e6), "41.9 M"),
        (units.count(8.03e9), "8.03 B"),
        (units.duration(40), "40 s"),
        (units.duration(59.6), "1 min"),
        (units.duration(500), "8 min 20 s"),
        (units.duration(72 * 60), "1 h 12 min"),
        (units.duration(51 * 3600), "2 d 3 h"),
        (units.duration(None), "–"),
        (units.duration(math.nan), "–"),
        (units.duration(-1), "–"),
        (units.rate(641.4), "641"),
        (units.rate(31.23), "31.2"),
        (units.rate(99.97), "100"),
        (units.learning_rate(2e-4), "2e-4"),
        (units.learning_rate(6.1e-5), "6.1e-5"),
        (units.learning_rate(0), "0"),
        (units.signed(0.92), "+0.92"),
        (units.signed(-0.15), "−0.15"),
        (units.percent(0.56), "56\u00a0%"),
    ],
)
def test_numbers_are_set_as_the_look_says(made: str, text: str):
    assert made == text


def test_months_have_english_names_whatever_the_system_speaks():
    days = [units.day(time.strptime(f"2026-{month}-3", "%Y-%m-%d")) for month in range(1, 13)]
    assert days[:3] == ["3 Jan", "3 Feb", "3 Mar"] and days[-1] == "3 Dec"
    assert len(set(days)) == 12


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("12GiB", 12 * 1024**3),
        ("500 MB", 500_000_000),
        ("1,5gib", int(1.5 * 1024**3)),
        ("42", 42),
        ("8g", 8_000_000_000),
    ],
)
def test_a_size_is_read_as_people_write_it(text: str, size: int):
    assert units.parse_size(text) == size


@pytest.mark.parametrize("text", ["", "GiB", "-1GB", "12 apples", "1e9"])
def test_what_is_no_size_is_refused(text: str):
    with pytest.raises(ValueError, match="size"):
        units.parse_size(text)


@pytest.mark.parametrize(
    ("device", "words"),
    [
        ("cpu AMD EPYC", "processor AMD EPYC"),
        ("cpu", "processor"),
        ("cuda:1 NVIDIA H200", "NVIDIA H200 (cuda:1)"),
        ("", ""),
    ],
)
def test_a_device_is_named_as_people_do(device: str, words: str) -> None:
    assert units.device_words(device) == words
