"""Models that users trained on the wrong tokens: each such thread, and what is said of its rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from studio.core.example import Conversation, Example, Text, TokenState, Triple
from studio.engine.findings import FINDINGS, STOP, WARN
from studio.engine.render import Renderer
from studio.engine.rowsfile import TokenRow
from tests.helpers import chattemplates
from tests.helpers.chattemplates import make_tokenizer

TALK = Conversation(
    (
        {"role": "user", "content": "Name a colour."},
        {"role": "assistant", "content": "Red."},
        {"role": "user", "content": "Another one?"},
        {"role": "assistant", "content": "Green."},
    )
)
LONG = Triple("Tell me all of it. " * 40, "", "Red.")
LONG_ANSWER = Triple("All?", "", "It goes on. " * 40)
NO_END = "{% for m in messages %}{{ m['role'] + ': ' + m['content'] + '\n' }}{% endfor %}"
TWICE = "{{ bos_token }}{{ bos_token }}" + chattemplates.CHATML.replace("<|im_start|>", "")


@dataclass(frozen=True)
class Thread:
    """What a thread is about: a row, its template, and the finding that a user now sees."""

    name: str
    row: Example
    finds: str
    template: str = chattemplates.CHATML
    limit: int = 64


THREADS = (
    Thread("trl-1623 the model never learns to stop", Triple("a", "", "b"), "no_end", NO_END),
    Thread("trl-6668 every label is masked", Triple("a", "", " "), "no_answer"),
    Thread("trl-6025 the limit removes the whole answer", LONG, "answer_cut"),
    Thread("trl-3927 answers alone, and a long row", LONG, "answer_cut"),
    Thread("trl-613 the limit removes part of the answer", LONG_ANSWER, "end_cut"),
    Thread("unsloth-11321 the real cause is the limit", LONG, "answer_cut"),
    Thread(
        "unsloth-7054 no mask can be made",
        TALK,
        "template_prefix",
        "{{ messages | length }}{% for m in messages %}{{ m['content'] + eos_token }}{% endfor %}",
    ),
    Thread("unsloth-10312 two beginnings", Triple("a", "", "b"), "doubled_bos", TWICE),
    Thread("unsloth-2900 no marker is matched", Conversation(TALK.turns[:1]), "no_answer"),
    Thread("trl-613 running text is cut too", Text("It goes on. " * 80), "text_cut"),
)


@pytest.fixture(scope="module")
def renderer_of(tiny_model, tmp_path_factory):
    made: dict[str, Renderer] = {}

    def renderer(template: str) -> Renderer:
        if template not in made:
            folder = tmp_path_factory.mktemp("thread")
            folder = make_tokenizer(tiny_model, folder, template=template, bos="<s>")
            made[template] = Renderer(folder)
        return made[template]

    return renderer


@pytest.mark.parametrize("thread", THREADS, ids=lambda thread: thread.name)
def test_what_the_thread_is_about_is_said_with_a_way_out(thread, renderer_of):
    row = renderer_of(thread.template).row(thread.row, thread.limit)
    found = {finding.code: finding for finding in row.findings}
    assert thread.finds in found
    assert found[thread.finds].hint
    if found[thread.finds].level == STOP:
        assert row.trained == 0


def test_every_finding_has_a_level_a_sentence_and_a_way_out():
    for code, found in FINDINGS.items():
        assert found.code == code
        assert found.level in (STOP, WARN)
        assert found.summary.endswith(".")
        assert found.hint.endswith(".")


def test_unsloth_416_the_end_is_trained_though_it_also_pads(tiny_model):

    from studio.engine.batches import NOT_TRAINED, collate  # torch, which the others do without

    renderer = Renderer(tiny_model)
    assert renderer.pad_id == renderer.end_id
    rows = [renderer.row(Triple("a", "", answer), 512) for answer in ("b", "b and more of it")]
    ends = (TokenState.TRAINED, TokenState.END)
    frozen = [
        TokenRow(0, np.array(row.ids), np.array([state in ends for state in row.states]))
        for row in rows
    ]
    batch = collate(frozen, renderer.pad_id)
    for row, labels in zip(rows, batch["labels"].tolist(), strict=True):
        assert labels[: len(row.ids)].count(renderer.end_id) == 1
        assert set(labels[len(row.ids) :]) <= {NOT_TRAINED}


def test_trl_5988_the_end_belongs_to_the_answer_where_a_template_leaves_it_out(renderer_of):
    renderer = renderer_of(chattemplates.GENERATION)
    row = renderer.row(TALK, 512)
    assert row.states.count(TokenState.END) == 2
    assert [span.ends for span in row.spans] == [True, True]


def test_trl_4147_and_axolotl_1921_each_answer_and_one_end_each(renderer_of):
    row = renderer_of(chattemplates.CHATML).row(TALK, 512)
    renderer = renderer_of(chattemplates.CHATML)
    learned = [renderer.tokenizer.decode(row.ids[s.start : s.stop]) for s in row.spans]
    assert learned == ["Red.<|im_end|>", "Green.<|im_end|>"]
    assert row.ids.count(renderer.end_id) == 4


def test_lf_2509_a_chat_asks_with_the_template_of_training(renderer_of):
    renderer = renderer_of(chattemplates.CHATML)
    row = renderer.row(TALK, 512)
    assert row.ids[: row.spans[1].start] == renderer.prompt_ids(TALK.turns[:3])
