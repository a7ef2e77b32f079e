"""The Chat page with the real chat engine, on a tiny model with a real adapter."""

from __future__ import annotations

import shutil

import psutil
import pytest

from studio.app.roomoffer import UNLOAD
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
    """Put random LoRAs on a tiny base in place of the run's result and its checkpoints."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    base = make_tiny_model(workspace.model("tiny"))
    config = LoraConfig(
        r=4, target_modules="all-linear", task_type="CAUSAL_LM", init_lora_weights=False
    )
    for place in (run.adapter, run.checkpoint(120), run.checkpoint(240)):
        grown = get_peft_model(AutoModelForCausalLM.from_pretrained(base), config)
        grown.save_pretrained(str(place))
    write_recipe(Recipe(model="tiny", dataset="hotel", title="tiny"), run.recipe)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing:FutureWarning")  # of peft 0.21
def test_four_columns_hold_a_conversation_and_the_memory_is_given_back_for_a_run(qtbot, tmp_path):
    workspace = Workspace(tmp_path / "workspace").create()
    run = make_trained_run(workspace)
    grow_branch(run, workspace)
    elsewhere = tmp_path / "from elsewhere"
    shutil.copytree(run.checkpoint(240), elsewhere)
    studio = Studio(workspace)
    page = ChatPage(studio)
    qtbot.addWidget(page)
    page.show()

    def wait(fact) -> None:
        qtbot.waitUntil(lambda: bool(fact()), timeout=PATIENCE_MS)

    def ask(question: str) -> list:
        page.ask(question)
        wait(lambda: studio.chat.state in ("ready", "failed") and not page.asking.waits)
        assert page.parts.notices.banner.problem is None
        return page.parts.conversation.exchanges[-1].answers

    studio.runs.refresh()
    wait(lambda: page.desk.run is not None)
    page.desk.columns.add_run(page.desk.runs[0], "step 120")
    page.add_folder(elsewhere)
    page.parts.composer.panel.set_sampler(Sampler(max_new_tokens=6))
    first = [answer.view.source for answer in ask("What time is breakfast?")]
    assert len(first) == 4
    facts = studio.chat.facts
    assert facts is not None
    assert all(one["proven"] for one in facts.identities)
    assert len({one["adapter_hash"] for one in facts.identities}) == 3
    assert facts.one_batch
    assert len(set(first)) > 1
    ask("And tomorrow?")
    turns = studio.talks.turns
    read = [[turn.answers[c.key].prompt_tokens for c in turn.columns] for turn in turns]
    assert min(read[1]) > max(read[0])
    page.tokens.show(1)
    dialog = page.tokens.dialog
    wait(lambda: dialog.view.tokens())
    assert len(dialog.view.tokens()) == read[1][0]
    dialog.close()
    pid = studio.chat.pid
    held = psutil.Process(pid).memory_info().rss
    offers, gone = [], []
    studio.room.ask = offers.append
    studio.runs.before_start(lambda: gone.append(not psutil.pid_exists(pid)))
    assert offers[0].held_bytes == pytest.approx(held, rel=0.1)
    assert held > 200 * 1024**2 and not gone  # an engine with torch, waiting for an answer
    studio.room.answer(UNLOAD)
    wait(lambda: gone)
    assert gone == [True]  # before the run starts, not some time after
    assert len(page.parts.conversation.exchanges) == 2
    ask("And on Sunday?")
    pid = studio.chat.pid
    page.hide()
    studio.close()
    assert not psutil.pid_exists(pid)
