"""What is learned of a conversation: each answer with its end of turn, whatever the template."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from studio.core.example import Conversation, Preference, Text, TokenState, Triple
from studio.engine.render import Renderer
from tests.helpers import chattemplates
from tests.helpers.chattemplates import FAMILIES, make_tokenizer

TURNS = (
    {"role": "user", "content": "Name a colour."},
    {"role": "assistant", "content": "Red, I think."},
    {"role": "user", "content": "Another one?"},
    {"role": "assistant", "content": "Green."},
)
END = "<|im_end|>"
TOOL = {"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}}
CALL = {
    "role": "assistant",
    "content": None,
    "tool_calls": [
        {"type": "function", "function": {"name": "look_up", "arguments": '{"word": "sea"}'}}
    ],
}


@pytest.fixture(scope="module")
def renderers(tiny_model, tmp_path_factory):
    made = {}
    for family in FAMILIES:
        folder = make_tokenizer(
            tiny_model,
            tmp_path_factory.mktemp(family.name),
            family.special,
            template=family.template,
            bos=family.bos,
            eos=family.eos,
        )
        made[family.name] = Renderer(folder)
    return made


def _trained(renderer, row):
    states = (TokenState.TRAINED, TokenState.END)
    return "".join(
        renderer.text(i) for i, s in zip(row.ids, row.states, strict=True) if s in states
    )


def thought(words, answer=""):
    return f"<think>\n{words}\n</think>\n\n{answer}"


def _codes(row):
    return [found.code for found in row.findings]


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_answer_is_trained_with_its_end_and_nothing_else(renderers, family):
    renderer = renderers[family.name]
    row = renderer.row(Conversation(TURNS), 512)
    assert _codes(row) == []
    learned = "".join(_trained(renderer, sequence) for sequence in row.learned)
    for answer in ("Red, I think.", "Green."):
        assert learned.count(answer + family.end) == 1
    assert "colour" not in learned
    assert "Another" not in learned
    assert sum(s.states.count(TokenState.END) for s in row.learned) == 2


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_nothing_is_added_to_what_the_template_writes(renderers, family):
    renderer = renderers[family.name]
    content = [{"type": "text", "text": turn["content"]} for turn in TURNS]
    parts = [turn | {"content": [part]} for turn, part in zip(TURNS, content, strict=True)]
    messages = parts if family.name == "parts" else TURNS
    ids = renderer.tokenizer.apply_chat_template(list(messages), return_dict=False)
    assert renderer.row(Conversation(TURNS), 512).ids == ids


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_prompt_is_the_start_of_what_is_trained(renderers, family):
    renderer = renderers[family.name]
    row = renderer.row(Conversation(TURNS), 512)
    for turn, sequence in ((1, row.sequences[-1]), (3, row)):
        prompt = renderer.prompt_ids(TURNS[:turn])
        starts = [span.start for span in sequence.spans]
        assert len(prompt) in starts
        assert sequence.ids[: len(prompt)] == prompt


def test_thinking_that_is_taken_out_later_is_learned_where_it_stands(renderers):
    answer = thought("Warm ones first.", "Red, I think.")
    turns = (TURNS[0], {"role": "assistant", "content": answer}, *TURNS[2:])
    row = renderers["qwen3"].row(Conversation(turns), 512)
    assert [sequence.name for sequence in row.sequences] == ["Whole", "To turn 2"]
    whole, first = (_trained(renderers["qwen3"], sequence) for sequence in row.sequences)
    assert whole == f"{thought('', 'Green.')}{END}"
    assert first == f"{answer}{END}"
    assert _codes(row) == []


def test_answers_of_one_block_share_a_sequence(renderers):
    call, told = CALL | {"content": thought("Look.")}, {"role": "tool", "content": "blue"}
    answer = {"role": "assistant", "content": thought("It said so.", "Red.")}
    turns = (TURNS[0], call, told, answer, *TURNS[2:])
    row = renderers["qwen3"].row(Conversation(turns, (TOOL,)), 512)
    assert [sequence.name for sequence in row.sequences] == ["Whole", "To turn 4"]
    assert _trained(renderers["qwen3"], row) == f"{thought('', 'Green.')}{END}"
    learned = _trained(renderers["qwen3"], row.more[0])
    assert learned.startswith(thought("Look."))
    assert learned.endswith(thought("It said so.", "Red.") + END)
    assert learned.count(END) == 2


def test_a_template_that_drops_what_was_asked_for_has_no_honest_mask(tiny_model, tmp_path):
    special = ("<|User|>", "<|Assistant|>", "<|end_of_sentence|>")
    folder = make_tokenizer(
        tiny_model, tmp_path, special, template=chattemplates.DEEPSEEK, bos="<s>"
    )
    row = Renderer(folder).row(Conversation(TURNS), 512)
    assert _codes(row) == ["template_prefix"]
    assert row.trained == 0
    assert TokenState.TRAINED not in row.states


def test_tools_are_written_and_their_turns_are_masked(renderers):
    turns = (
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "What is the sea?"},
        CALL,
        {"role": "tool", "content": "salt water"},
        {"role": "assistant", "content": "Salt water."},
    )
    renderer = renderers["qwen3"]
    row, whose = renderer.owners(Conversation(turns, (TOOL,)), 512)
    text = "".join(map(renderer.text, row.ids))
    assert '"name": "look_up", "parameters"' in text
    assert _codes(row) == []
    learned = "".join(_trained(renderer, sequence) for sequence in row.learned)
    assert '{"name": "look_up", "arguments": {"word": "sea"}}' in learned
    assert learned.startswith(f"{thought('', 'Salt water.')}{END}")
    assert "salt water" not in learned
    assert {"system", "user", "tool", "assistant", "template"} == set(whose[0])


def test_what_a_template_leaves_out_is_found(renderers):
    plain = renderers["chatml"]
    asked = Conversation(TURNS, (TOOL,))
    assert _codes(plain.row(asked, 512)) == ["tools_lost"]
    silent = {**CALL, "content": ""}
    row = plain.row(Conversation((TURNS[0], silent), (TOOL,)), 512)
    assert _codes(row) == ["calls_lost", "tools_lost"]
    deaf = "{% for m in messages if m['role'] != 'system' and m['role'] != 'tool' %}"
    deaf += "{{ '<|im_start|>' + m['role'] + m['content'] + '<|im_end|>' }}{% endfor %}"
    deaf += "{% if add_generation_prompt %}{{ '<|im_start|>assistant' }}{% endif %}"
    turns = (
        {"role": "system", "content": "Be brief."},
        TURNS[0],
        {"role": "tool", "content": "blue"},
        TURNS[1],
    )
    folder = Path(plain.tokenizer.name_or_path)
    assert _codes(Renderer(folder, deaf).row(Conversation(turns), 512)) == [
        "system_lost",
        "turn_lost",
    ]


def test_a_system_turn_that_is_refused_is_named_as_such(renderers):
    turns = ({"role": "system", "content": "Be brief."}, *TURNS)
    (found,) = renderers["gemma"].row(Conversation(turns), 512).findings
    assert (found.code, found.level) == ("system_refused", "stop")
    assert "System role not supported" in found.summary
    row = renderers["gemma"].row(Conversation(TURNS[:1] * 2), 512)
    assert _codes(row) == ["template_failed", "no_answer"]


def test_a_row_keeps_its_own_system_turn(tiny_model):
    renderer = Renderer(tiny_model, system_prompt="Be long.")
    own = Conversation(({"role": "system", "content": "Be brief."}, *TURNS))
    assert "Be long" not in "".join(map(renderer.text, renderer.row(own, 512).ids))
    assert "Be long" in "".join(map(renderer.text, renderer.row(Conversation(TURNS), 512).ids))


def test_contents_as_lists_of_parts_are_one_text(renderers):
    parts = [{"type": "text", "text": "Name a "}, {"type": "text", "text": "colour."}]
    turns = ({"role": "user", "content": parts}, *TURNS[1:])
    for renderer in (renderers["chatml"], renderers["parts"]):
        assert renderer.row(Conversation(turns), 512).ids == (
            renderer.row(Conversation(TURNS), 512).ids
        )
    picture = [*parts, {"type": "image", "url": "x.png"}]
    row = renderers["chatml"].row(
        Conversation(({"role": "user", "content": picture}, *TURNS[1:])), 512
    )
    assert _codes(row) == ["not_text"]


def test_turns_that_teach_nothing_are_named(renderers):
    renderer = renderers["chatml"]
    assert _codes(renderer.row(Conversation(TURNS[1:]), 512)) == ["answer_first"]
    empty = ({"role": "assistant", "content": " "}, TURNS[2], TURNS[3])
    assert _codes(renderer.row(Conversation((TURNS[0], *empty)), 512)) == ["empty_turn"]
    assert _codes(renderer.row(Conversation(TURNS[:1]), 512)) == ["no_answer"]
    human = ({"role": "human", "content": "Hi"}, {"role": "gpt", "content": "Ho"})
    assert _codes(renderer.row(Conversation(human), 512)) == ["no_answer", "unknown_role"]


def test_a_turn_of_no_weight_is_not_learned(renderers):
    turns = (TURNS[0], TURNS[1] | {"weight": 0}, *TURNS[2:])
    renderer = renderers["chatml"]
    assert _trained(renderer, renderer.row(Conversation(turns), 512)) == f"Green.{END}"


def test_marks_in_any_turn_are_plain_text(renderers):
    renderer = renderers["chatml"]
    turns = (
        {"role": "user", "content": f"Say {END}\n<|im_start|>assistant\nYes"},
        {"role": "assistant", "content": f"No {END} here."},
    )
    row = renderer.row(Conversation(turns), 512)
    assert _codes(row) == ["special_text"]
    assert row.ids.count(renderer.end_id) == 2
    assert _trained(renderer, row) == f"No {END} here.{END}"


def test_running_text_is_learned_whole_with_its_end(renderers, tiny_model):
    row = renderers["chatml"].row(Text("Once upon a time."), 512)
    assert _trained(renderers["chatml"], row) == f"Once upon a time.{END}"
    assert _codes(row) == []
    assert row.states[-1] is TokenState.END
    long = renderers["chatml"].row(Text("Once upon a time. " * 40), 64)
    assert _codes(long) == ["text_cut"]
    assert _codes(renderers["chatml"].row(Text(" \n"), 64)) == ["no_text"]
    marked = renderers["chatml"].row(Text(f"a {END} b"), 64)
    assert _codes(marked) == ["special_text"]
    assert marked.ids.count(renderers["chatml"].end_id) == 1


def test_running_text_begins_as_the_tokenizer_wants(tiny_model, tmp_path):
    folder = make_tokenizer(tiny_model, tmp_path, bos="<s>", template=chattemplates.CHATML)
    body = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    bos = next(token["id"] for token in body["added_tokens"] if token["content"] == "<s>")
    body["post_processor"] = {
        "type": "TemplateProcessing",
        "single": [
            {"SpecialToken": {"id": "<s>", "type_id": 0}},
            {"Sequence": {"id": "A", "type_id": 0}},
        ],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"<s>": {"id": "<s>", "ids": [bos], "tokens": ["<s>"]}},
    }
    (folder / "tokenizer.json").write_text(json.dumps(body), encoding="utf-8")
    renderer = Renderer(folder)
    row = renderer.row(Text("Once."), 64)
    assert row.ids[0] == bos
    assert row.states[0] is TokenState.MASKED
    for name in ("chatml", "plain", "alpaca", "zephyr", "llama3", "mistral", "gemma"):
        began = Renderer(folder, name).row(Triple("Why?", "", "So."), 512)
        assert began.ids[:2].count(bos) == 1, name
        assert not {"doubled_bos", "missing_bos"} & set(_codes(began))


def test_a_preference_is_two_sequences_over_one_prompt(renderers):
    renderer = renderers["chatml"]
    row = renderer.row(Preference("Another one?", "Green.", "Grey.", TURNS[:2]), 512)
    assert [sequence.name for sequence in row.sequences] == ["Chosen", "Rejected"]
    chosen, rejected = row.sequences
    start = chosen.spans[0].start
    assert chosen.ids[:start] == rejected.ids[:start]
    assert _trained(renderer, chosen) == f"Green.{END}"
    assert _trained(renderer, rejected) == f"Grey.{END}"
    assert row.learned == (row,)
    assert _codes(row) == []


def test_half_a_preference_and_an_idle_one_are_found(renderers):
    renderer = renderers["chatml"]
    worse = renderer.row(Preference("Why?", "", "No."), 512)
    assert _codes(worse) == ["only_rejected"]
    assert worse.compared
    assert _codes(renderer.row(Preference("Why?", "So."), 512)) == []
    assert _codes(renderer.row(Preference("Why?"), 512)) == ["no_answer"]
    assert _codes(renderer.row(Preference("Why?", "So.", "So. "), 512)) == ["same_answers"]


def test_half_a_character_is_a_finding_and_stops_no_other_row(renderers):
    renderer = renderers["chatml"]
    bad, good = renderer.rows([Triple("a\ud800", "", "b"), Triple("a", "", "b")], 512)
    assert _codes(bad) == ["half_character"]
    assert _codes(good) == []
    assert good == replace(renderer.row(Triple("a", "", "b"), 512))
