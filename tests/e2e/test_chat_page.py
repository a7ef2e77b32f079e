"""The Chat page with the real chat engine, on a tiny model with a real adapter."""

from __future__ import annotations

import psutil
import pytest
from PySide6.QtCore import Qt

from studio.app.studio import Studio
from studio.core.recipe import Recipe
from studio.core.sampler import Sampler
from studio.core.workspace import RunFolder, Workspace
from studio.data.recipefile import write_recipe
from studio.ui.pages.chatpage import ChatPage
from tests.helpers.chatrun import make_trained_run
from tests.helpers.tinymodel import make_tiny_model

PATIENCE_MS = 240_000


def grow_branch(run: RunFolder, workspace: Workspace) -> None:
    """Put a random LoRA on a tiny base in place of the run's result."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    base = make_tiny_model(workspace.model("tiny"))
    config = LoraConfig(
        r=4, target_modules="all-linear", task_type="CAUSAL_LM", init_lora_weights=False
    )
    grown = get_peft_model(AutoModelForCausalLM.from_pretrained(base), config)
    grown.save_pretrained(str(run.adapter))
    write_recipe(Recipe(model="tiny", dataset="hotel", title="tiny"), run.recipe)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing:FutureWarning")  # of peft 0.21
def test_base_and_adapted_answer_side_by_side_and_the_engine_ends_with_the_window(qtbot, tmp_path):
    workspace = Workspace(tmp_path / "workspace").create()
    grow_branch(make_trained_run(workspace), workspace)
    studio = Studio(workspace)
    page = ChatPage(studio)
    qtbot.addWidget(page)
    page.show()

    def wait(fact) -> None:
        qtbot.waitUntil(lambda: bool(fact()), timeout=PATIENCE_MS)

    studio.runs.refresh()
    wait(lambda: page.desk.run is not None)
    page.parts.composer.panel.set_sampler(Sampler(temperature=0.0, max_new_tokens=8))
    qtbot.keyClicks(page.parts.composer.editor, "What time is breakfast?")
    qtbot.mouseClick(page.parts.composer.send_button, Qt.MouseButton.LeftButton)
    wait(lambda: studio.chat.state in ("ready", "failed") and page.parts.conversation.exchanges)
    wait(lambda: not page.parts.conversation.exchanges[0].open)
    base, adapted = (a.view.text for a in page.parts.conversation.exchanges[0].answers)
    assert page.parts.notices.banner.problem is None
    assert base
    assert adapted
    assert base != adapted
    assert studio.chat.facts is not None
    assert studio.chat.facts.base_proven
    assert studio.chat.facts.one_batch
    pid = studio.chat.pid
    page.hide()
    studio.close()
    assert not psutil.pid_exists(pid)
