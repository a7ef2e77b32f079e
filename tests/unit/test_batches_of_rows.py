"""Rows rendered together are the rows rendered one by one, and the prompts that are asked later."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.core.example import Conversation, Preference, Text, Triple
from studio.engine.render import Renderer
from studio.engine.rowdraft import PART_ROWS, read_example
from tests.helpers import chattemplates
from tests.helpers.chattemplates import make_tokenizer

_PIECES = ["\n", " ", "\n\n", "é", "字", "<|im_end|>", "\U000f0000", "\u200b", "ab"]
ODD = st.lists(
    st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from(_PIECES)), max_size=8
).map("".join)
"""Texts with the breaks, blanks and marks at which tokens melt together."""
TURNS = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["user", "assistant", "system"]), "content": ODD}
    ),
    max_size=5,
).map(tuple)
EXAMPLES = st.one_of(
    st.builds(Triple, ODD, ODD, ODD),
    st.builds(Conversation, TURNS),
    st.builds(Text, ODD),
    st.builds(Preference, ODD, ODD, ODD, TURNS),
)
MELTING = (
    "{% for m in messages %}{{ m['role'] + '\n\n' + m['content'] }}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'assistant\n\n' }}{% endif %}"
)
"""It ends a prompt with two breaks and no mark: the answer's own breaks melt into them."""


@pytest.fixture(scope="module", params=["chatml", "qwen3", "melting", "marked"])
def renderer(request, tiny_model, tmp_path_factory):
    template = {
        "chatml": chattemplates.CHATML,
        "qwen3": chattemplates.QWEN3,
        "melting": MELTING,
        "marked": chattemplates.GENERATION,
    }[request.param]
    folder = tmp_path_factory.mktemp(request.param)
    return Renderer(make_tokenizer(tiny_model, folder, template=template))


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(st.lists(EXAMPLES, max_size=6), st.integers(1, 80))
def test_together_or_alone_a_row_is_the_same(renderer, examples, limit):
    together = renderer.rows(examples, limit)
    assert together == [Renderer.row(renderer, example, limit) for example in examples]


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(ODD, ODD, ODD)
def test_what_comes_before_an_answer_is_the_prompt_that_is_asked_later(
    renderer, question, given_input, answer
):
    triple = Triple(question, given_input, answer)
    prompt = renderer.prompt_ids(renderer.messages(triple))
    for _ in range(2):  # the second time, what is known of the prompt's end is used
        row = renderer.row(triple, 10_000)
        assert row.ids[: len(prompt)] == prompt
        assert [span.start for span in row.spans] == ([len(prompt)] if answer.strip() else [])


def test_many_parts_come_back_in_order(renderer):
    examples = [Triple(f"What is {i}?", "", f"It is {i}.") for i in range(2 * PART_ROWS + 3)]
    rows = renderer.rows(examples, 512)
    assert len(rows) == len(examples)
    for i in (0, PART_ROWS - 1, PART_ROWS, 2 * PART_ROWS, len(rows) - 1):
        assert f"It is {i}." in "".join(map(renderer.text, rows[i].ids))


def test_one_row_that_cannot_be_read_stops_no_other(renderer):
    bad = read_example("conversation", ("not JSON", ""))
    rows = renderer.rows([Triple("a", "", "b"), bad, Triple("a", "", "b")], 512)
    assert [f.code for f in rows[1].findings] == ["not_example"]
    assert "not JSON" in rows[1].findings[0].summary
    assert rows[0] == rows[2]
    assert rows[0].trained
