"""The Model page on several cards, without one, against the clock, and with models of other kinds."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from PySide6.QtCore import QTime

from studio.core.protocol import MemoryTraced, RequestFailed
from studio.machine.devices import MachineReading
from studio.ui.model.soonerbox import deadline_words, seconds_until
from studio.ui.widgets.parts import Button
from tests.helpers.modelfolders import LLAMA3_8B, model_folder
from tests.helpers.modelpages import CARD, ON_CARD, headline, open_model_page

GIB = 1024**3
SECOND = replace(CARD, index=1, name="RTX 3060", free_bytes=9 * GIB, temperature=71, load=0.88)
TWO = replace(ON_CARD, gpus=(CARD, SECOND))
NEOX = {
    "model_type": "gpt_neox",
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 256,
    "vocab_size": 512,
}


@pytest.fixture
def page(studio, light):
    made = open_model_page(studio)
    yield made
    made.close()
    made.deleteLater()


def read(studio, reading):
    studio.machine.reading = reading
    studio.machine.read.emit(reading)


def choose(page, name):
    model = page.models.list.model()
    names = [model.index(row, 0).data() for row in range(model.rowCount())]
    page.models.list.setCurrentIndex(model.index(names.index(name), 0))


def test_one_card_tells_how_warm_and_busy_it_is_in_the_sentence(page):
    assert not page.plan.cards.isVisible()
    assert "RTX 4070, now at 48\u00a0°C, 0\u00a0% busy." in headline(page)


def test_of_two_cards_the_chosen_one_is_judged_and_is_an_undo_step(page, studio):
    read(studio, TWO)
    first, second = page.plan.cards.lines
    assert first.radio.isChecked()
    assert (
        "9.0 of 12.0 GiB free · 71\u00a0°C, 88\u00a0% busy" in second.radio.accessibleDescription()
    )
    second.radio.click()
    assert studio.draft.recipe.card == 1
    assert "RTX 3060" in headline(page)
    assert page.plan._free._value.text() == "9.0"
    studio.draft.undo_stack.undo()
    assert first.radio.isChecked()
    read(studio, ON_CARD)
    assert not page.plan.cards.isVisible()


def test_cards_that_share_a_run_say_so_and_the_fullest_counts(page, studio):
    read(studio, TWO)
    studio.draft.edit("gpus", 2)
    assert "each of 2 cards" in headline(page)
    assert page.plan._free._value.text() == "9.0"
    assert all(
        "shares the run" in line.radio.accessibleDescription() for line in page.plan.cards.lines
    )
    assert not page.action.isEnabled()


def test_what_is_amiss_with_the_driver_is_said_beside_ram(page, studio):
    note = "The NVIDIA driver was updated: memory is RAM. Restart the computer."
    read(studio, MachineReading((), 96 * GIB, 90 * GIB, note=note))
    assert note in headline(page)


def test_the_chats_memory_counts_as_free_and_is_named(page, studio, monkeypatch):
    monkeypatch.setattr(page._outlook, "ours_back", lambda _recipe: 2 * GIB)
    page.shown()
    assert "The chat gives back 2.0 GiB when the run starts." in headline(page)
    assert page.plan._free._value.text() == "13.0"


def test_a_run_that_takes_too_long_gets_plans_that_end_in_time(page, studio, qtbot, monkeypatch):
    monkeypatch.setattr(page._outlook, "seconds", lambda _recipe: 20 * 3600.0)
    monkeypatch.setattr(page._outlook, "steps", lambda _recipe: 900)
    monkeypatch.setattr(page.plan.sooner, "allowed", lambda _now: 9 * 3600.0)
    assert not page.plan.sooner.isVisible()
    page.plan.hurry.setChecked(True)
    assert "11 h too late." in page.plan.sooner.words
    buttons = page.plan.sooner.findChildren(Button)
    fewer = next(b for b in buttons if b.accessibleName() == "Apply: Fewer passes")
    with qtbot.waitSignal(studio.said) as said:
        fewer.click()
    assert studio.draft.recipe.epochs == 1
    said.args[1]()
    assert studio.draft.recipe.epochs == 3
    page.plan.hurry.setChecked(False)
    assert not page.plan.sooner.isVisible()


def test_a_run_whose_time_is_not_known_says_why_no_plan_is_shown(page):
    page.plan.hurry.setChecked(True)
    assert page.plan.sooner.words == "How long the run takes is not known: no dataset open."


def test_a_deadline_is_the_next_time_the_clock_shows_it():
    evening = datetime(2026, 11, 22, 22, 30)
    assert seconds_until(QTime(8, 0), evening) == 9.5 * 3600
    assert seconds_until(QTime(23, 0), evening) == 1800
    assert seconds_until(QTime(22, 30), evening) == 24 * 3600
    words = deadline_words(12 * 3600, 9.5 * 3600, evening, helped=True)
    assert words.endswith("ends at 10:30 tomorrow, 2 h 30 min too late.")
    early = deadline_words(3600, 9.5 * 3600, evening, helped=False)
    assert early.endswith("ends at 23:30, 8 h 30 min before the time.")
    assert "quick enough" in deadline_words(1e6, 60, evening, helped=False)


def test_a_mixture_of_experts_is_estimated_though_it_cannot_be_trained(page, studio):
    mixtral = LLAMA3_8B | {
        "model_type": "mixtral",
        "num_local_experts": 8,
        "num_experts_per_tok": 2,
    }
    model_folder(studio.workspace.model("mixture"), mixtral)
    studio.models.refresh()
    choose(page, "mixture")
    assert page.models.choice.currentText() == "mixture · estimate"
    studio.models.refresh()
    assert page.models.choice.currentText() == "mixture · estimate"
    assert headline(page).startswith("Would not fit: ")
    assert "The estimate is from its dimensions." in headline(page)
    assert not page.action.isEnabled()
    choose(page, "llama")
    assert headline(page).startswith("Fits, with ")
    assert page.action.isEnabled()


def test_an_unknown_architecture_takes_the_figure_of_a_trace_and_says_so(page, studio, monkeypatch):
    asked = []
    monkeypatch.setattr(studio.traces, "trace", lambda *a, **k: asked.append((a, k)) or 77)
    model_folder(studio.workspace.model("neox"), NEOX)
    studio.models.refresh()
    choose(page, "neox")
    assert headline(page).startswith("Tracing a step of this model")
    page._stranger.plans._ask()
    assert asked[0][0][0]["model_type"] == "gpt_neox"
    told = {"resting_bytes": 4 * GIB, "saved_bytes": GIB, "peak_bytes": 6 * GIB, "at": "mm"}
    studio.traces.traced.emit(MemoryTraced(id=76, **told))
    assert headline(page).startswith("Tracing")
    studio.traces.traced.emit(MemoryTraced(id=77, **told, trained=10**7, weights=2 * 10**9))
    assert headline(page).startswith("Would fit, with ")
    assert "the figure is that of a trace" in headline(page)
    assert "Weights" in [part.name for part in page.plan.bar._plan.parts]
    assert not page.action.isEnabled()
    studio.draft.edit("rank", 64)
    assert headline(page).startswith("Tracing")
    page._stranger.plans._ask()
    failed = RequestFailed(id=77, summary="A step of gpt_neox cannot be traced.", hint="")
    studio.traces.failed.emit(failed)
    assert "cannot be traced" in headline(page)


def test_the_facts_of_a_model_say_how_it_fits_here(page):
    assert page.models._facts.fact("Fits here") == "QLoRA ✓ LoRA ✗ Full ✗"


def test_each_part_of_the_bar_is_explained_with_its_formula_beside_its_number(page):
    rows = page.plan.legend._rows
    tip = rows["Living", "Optimizer"].toolTip()
    assert "trained weights ×" in tip
    assert "Optimizer, 0.31 GiB" in tip
    assert "in use now" in rows["Others", "<b>shell</b>"].toolTip()
    assert "<b>" not in rows["Others", "<b>shell</b>"].toolTip()
