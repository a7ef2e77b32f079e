"""A Model page on a large and a tiny model, with a card that is not there."""

from __future__ import annotations

from studio.app.studio import Studio
from studio.core.recipe import Recipe
from studio.core.units import GIB
from studio.machine.devices import Gpu, Holder, MachineReading
from studio.ui.pages.modelpage import ModelPage
from tests.helpers.modelfolders import LLAMA3_8B, TINY, model_folder

CARD = Gpu(
    0, "RTX 4070", 12 * GIB, 11 * GIB, 0, GIB, (Holder(1, "<b>shell</b>", GIB // 2),), 48, 0.0
)
ON_CARD = MachineReading((CARD,), 32 * GIB, 21 * GIB)
NO_CARD = MachineReading((), 32 * GIB, 21 * GIB, note="This computer has no NVIDIA card.")
LARGE = {"micro_batch": 4, "grad_accum": 4, "max_tokens": 4096}


def open_model_page(studio: Studio) -> ModelPage:
    """Show the page with the large model chosen; whoever asks closes it."""
    model_folder(studio.workspace.model("llama"), LLAMA3_8B)
    model_folder(studio.workspace.model("tiny"), TINY)
    studio.machine.reading = ON_CARD
    studio.draft.take(Recipe())
    studio.models.follow(studio.draft)
    studio.models.choose(studio.workspace.model("llama"))
    made = ModelPage(studio)
    made.resize(1364, 842)
    made.show()
    made.shown()
    return made


def headline(page: ModelPage) -> str:
    """Return the verdict with the sentences below it."""
    return page.plan.accessibleDescription()


def settle(page: ModelPage) -> None:
    """Have the page show now what would follow the painted bar: ways out, costs, sentences."""
    page._plan.finish()
    page.guard.finish()
