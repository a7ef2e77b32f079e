"""Preferences survive a restart, a hand edit and a broken file."""

from pathlib import Path

import pytest

from studio.app.settings import Settings, Values
from studio.core.problems import StudioError


def test_what_was_set_is_there_after_a_restart(tmp_path: Path):
    place = tmp_path / "deep" / "settings.toml"
    settings = Settings(place)
    settings.set("theme", "dark")
    settings.set("splitters", {"data": [300, 700]})
    again = Settings(place)
    assert again.values.theme == "dark"
    assert again.splitter("data") == [300, 700]
    assert again.splitter("unknown") == []


def test_a_change_is_told_once_and_the_same_value_again_is_not(tmp_path: Path):
    settings, told = Settings(tmp_path / "s.toml"), []
    settings.changed.connect(told.append)
    settings.set("theme", "light")
    settings.set("theme", "light")
    assert told == ["theme"]


def test_a_broken_file_is_put_aside_and_the_defaults_hold(tmp_path: Path):
    place = tmp_path / "s.toml"
    place.write_bytes(b"theme = \xff\xfe broken")
    settings = Settings(place)
    assert settings.values == Values()
    assert settings.bad_copy is not None
    assert settings.bad_copy.read_bytes() == b"theme = \xff\xfe broken"
    settings.set("theme", "dark")
    assert Settings(place).values.theme == "dark"


@pytest.mark.parametrize(
    "text",
    [
        'theme = "purple"',
        "theme = 3",
        'unknown = "x"',
        'splitters = "x"',
        '[splitters]\ndata = ["a"]\nruns = [1]',
    ],
)
def test_a_value_that_makes_no_sense_is_passed_over(tmp_path: Path, text: str):
    place = tmp_path / "s.toml"
    place.write_text(f'page = "Runs"\n{text}', encoding="utf-8")
    values = Settings(place).values
    assert values.page == "Runs"
    assert values.theme == "system"
    assert "data" not in values.splitters


@pytest.mark.parametrize(("name", "value"), [("theme", "purple"), ("colour", "red"), ("page", 3)])
def test_setting_nonsense_is_refused(tmp_path: Path, name: str, value: object):
    settings = Settings(tmp_path / "s.toml")
    with pytest.raises(StudioError):
        settings.set(name, value)
    assert settings.values == Values()


def test_a_place_that_cannot_be_written_is_told_and_holds_for_now(tmp_path: Path):
    (tmp_path / "file").write_text("")
    settings = Settings(tmp_path / "file" / "s.toml")
    with pytest.raises(StudioError, match="could not be kept"):
        settings.set("theme", "dark")
    assert settings.values.theme == "dark"
