"""A question that does not fit, alone or after what was said: the sentence names the way out."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from studio.core.problems import EngineError
from studio.engine.answers import prompt_ids
from studio.engine.render import Renderer
from tests.helpers.tinymodel import make_tiny_model

CONTEXT = 64
WORDS = "one two three four five six seven eight nine ten "


@pytest.fixture(scope="module")
def chat(tmp_path_factory):
    folder = make_tiny_model(tmp_path_factory.mktemp("model") / "tiny")
    return SimpleNamespace(renderer=Renderer(folder), context=CONTEXT)


@pytest.mark.parametrize(
    ("prompt", "turns", "what", "way_out"),
    [
        (WORDS * 20, [], "The prompt is", "Shorten"),
        (WORDS * 20, [["a", "b"]], "The prompt is", "Shorten"),
        ("short", [[WORDS * 10, WORDS * 10]], "The conversation is", "new conversation"),
        ("x" * 300 * CONTEXT, [["a", "b"]], "characters long", "Shorten"),
        ("short", [["x" * 300 * CONTEXT, "b"]], "The conversation is", "new conversation"),
    ],
)
def test_what_does_not_fit_is_said_with_what_would(chat, prompt, turns, what, way_out):
    with pytest.raises(EngineError) as refused:
        prompt_ids(chat, prompt, "", turns)
    assert what in refused.value.summary and way_out in refused.value.hint


def test_an_empty_prompt_and_half_characters_are_no_crash(chat):
    with pytest.raises(EngineError, match="empty"):
        prompt_ids(chat, " \n", "", [])
    assert prompt_ids(chat, "a\ud800", "", [])
