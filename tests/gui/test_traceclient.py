"""The trace process answers the latest request, and a model it cannot build is a sentence."""

from __future__ import annotations

import pytest

from studio.app.traceclient import TraceClient
from studio.core.recipe import Recipe

pytestmark = pytest.mark.slow
LLAMA = {
    "model_type": "llama",
    "hidden_size": 128,
    "intermediate_size": 256,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 512,
}


@pytest.fixture
def client(qtbot):
    made = TraceClient()
    yield made
    made.close()


def _ask(client, length, **config):
    recipe = Recipe(model="m", dataset="d", micro_batch=1)
    return client.trace(LLAMA | config, recipe, device="cuda", precision="bf16", length=length)


def test_the_latest_request_is_answered_and_a_model_that_cannot_be_built_is_a_sentence(
    client, qtbot
):
    came = []
    client.traced.connect(came.append)
    _ask(client, 32)
    _ask(client, 64)
    last = _ask(client, 128)
    qtbot.waitUntil(lambda: bool(came), timeout=180_000)
    assert [reply.id for reply in came] == [last]
    assert came[0].peak_bytes > came[0].resting_bytes > 0

    with qtbot.waitSignal(client.failed, timeout=180_000) as failed:
        _ask(client, 32, num_attention_heads=3)
    assert "cannot be traced" in failed.args[0].summary
    with qtbot.waitSignal(client.traced, timeout=180_000):
        _ask(client, 32)
