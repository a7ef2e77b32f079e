"""Ending before a time of day: what the clock says, how long a run takes, and what is refused."""

from __future__ import annotations

from datetime import datetime

import pytest

from studio.cli import run_command
from studio.cli.deadline import in_words, seconds_until
from studio.core.pace import newest_speed, run_seconds, steps_of
from studio.core.peakrecord import PeakRecord
from studio.core.problems import RecipeError
from studio.core.recipe import Recipe
from studio.core.sooner import Hurry
from studio.machine import peakhistory
from tests.helpers.modelfolders import LLAMA3_8B, model_folder
from tests.helpers.runs import workspace_in

EVENING = datetime(2026, 11, 22, 22, 30)


def record(speed, device="cpu", **recipe):
    return PeakRecord(
        kind="run",
        name="a",
        predicted=2,
        plain=2,
        measured=2,
        device=device,
        quantization="nf4",
        model="starter",
        tokens_per_second=speed,
        recipe=recipe,
    )


def test_a_time_of_day_is_the_next_one_of_that_clock():
    assert seconds_until("08:00", EVENING) == 9.5 * 3600
    assert seconds_until("22:45", EVENING) == 900
    for text in ("25:00", "soon", ""):
        with pytest.raises(RecipeError, match="not a time such as 08:00"):
            seconds_until(text, EVENING)


def test_the_newest_speed_of_the_same_model_and_device_counts():
    records = [record(10), record(20, micro_batch=4), record(900, "cuda:0 RTX 4070"), record(0)]
    speed, settings = newest_speed(records, "starter", "cpu")
    assert (speed, settings.micro_batch) == (20, 4)
    assert newest_speed(records, "another", "cpu") is None


def test_the_time_of_a_run_is_its_tokens_over_the_speed_and_longer_where_it_recomputes():
    recipe = Recipe(micro_batch=4, grad_accum=2, epochs=3, max_tokens=256)
    assert steps_of(recipe, 100) == 39
    same = run_seconds((50.0, recipe), recipe, "cpu", 100, 64.0)
    assert same == pytest.approx(39 * 8 * 64 / 50)
    recomputed = recipe.replace(checkpointing="on")
    assert run_seconds((50.0, recipe), recomputed, "cpu", 100, 64.0) > same


def test_a_run_that_is_late_says_by_how_much():
    assert "before the time" in in_words(Hurry(600, 900, 10), EVENING, [])
    said = in_words(Hurry(5400, 900, 10), EVENING, [])
    assert "it ends 23 Nov 00:00, 1 h 15 min too late." in said
    assert "No plan that is known" in said


def test_a_model_that_was_never_measured_is_a_sentence(tmp_path, monkeypatch, capsys):
    workspace = workspace_in(tmp_path)
    model_folder(workspace.model("llama"), LLAMA3_8B)
    monkeypatch.setattr(peakhistory, "peaks_file", lambda: tmp_path / "none.jsonl")
    flags = ("--model", "llama", "--device", "cpu", "--workspace", str(workspace.path))
    assert run_command(["fit", *flags, "--before", "08:00"]) != 0
    assert "nothing was measured yet" in capsys.readouterr().err
