"""The pictures of the Model page show the states they are named after, and leave nothing behind."""

from __future__ import annotations

import pytest

from studio.machine.devices import MachineReading
from studio.ui.model.plancard import PlanCard
from studio.ui.modelshots import model_states
from studio.ui.window import StudioWindow

HEADLINES = {
    "fits": "Fits, with ",
    "tight": "Tight, with ",
    "does-not-fit": "Does not fit: ",
    "no-card": "",
    "two-cards": "Fits, with ",
}


@pytest.fixture
def window(studio, theme, qtbot):
    made = StudioWindow(studio, theme)
    made.resize(1440, 900)
    made.show()
    yield made
    made.close()
    made.deleteLater()


def test_each_state_is_what_its_name_says(window, studio):
    studio.machine.reading = MachineReading((), 8 << 30, 4 << 30, note="No card.")
    kept = studio.draft.recipe
    studio.models.follow(studio.draft)
    seen = []
    for name in model_states(window):
        plan = window.page("Model").findChild(PlanCard)
        seen.append(name)
        assert plan.accessibleDescription().startswith(HEADLINES[name])
        assert plan.cards.isVisible() == (name == "two-cards")
    assert seen == list(HEADLINES)
    assert studio.draft.recipe == kept
    assert studio.machine.reading.ram_total == 8 << 30
