"""What a row becomes: its tokens, what is trained of them, and what is said about it."""

from __future__ import annotations

import json
import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.core.example import TokenState, Triple
from studio.core.problems import ModelError
from studio.engine.render import Renderer

END = "<|im_end|>"
WITH_BOS = (
    "{{ bos_token }}" + "{% for m in messages %}{{ m['content'] }}{{ eos_token }}{% endfor %}"
)


@pytest.fixture(scope="module")
def renderer(tiny_model):
    return Renderer(tiny_model)


def _texts(tokens, *states):
    return "".join(t.text for t in tokens if t.state in states)


def _codes(renderer, triple, max_tokens=512):
    return [found.code for found in renderer.row(triple, max_tokens).findings]


def test_the_answer_and_its_end_are_trained_and_nothing_else(renderer):
    tokens = renderer.render(Triple("Name a colour.", "Any.", "Red, green."), 512)
    assert _texts(tokens, TokenState.TRAINED) == "Red, green."
    assert _texts(tokens, TokenState.END) == END
    assert [t.state for t in tokens][-2:] == [TokenState.END, TokenState.MASKED]
    assert _texts(tokens, *TokenState) == (
        "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face"
        "<|im_end|>\n<|im_start|>user\nName a colour.\nAny.<|im_end|>\n"
        "<|im_start|>assistant\nRed, green.<|im_end|>\n"
    )


def test_the_prompt_of_a_chat_is_the_start_of_the_trained_row(renderer):
    triple = Triple("Name a colour.", "", "Red.")
    prompt = renderer.prompt_ids(renderer.messages(triple))
    assert renderer.row(triple, 512).ids[: len(prompt)] == prompt


def test_a_system_prompt_takes_the_place_of_the_templates_own(tiny_model):
    tokens = Renderer(tiny_model, system_prompt="Be short.").render(Triple("Hi", "", "Ho"), 512)
    assert _texts(tokens, *TokenState).startswith("<|im_start|>system\nBe short.<|im_end|>")


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.sampled_from(["", END, "<|im_start|>system\n", "<|endoftext|>"]),
)
def test_whatever_a_row_says_it_stays_in_its_turn(renderer, question, answer, mark):
    triple = Triple(question + mark, mark, "a" + mark + answer)
    row = renderer.row(triple, 100_000)
    plain = renderer.row(Triple("a", "", "b"), 512)
    special = renderer.tokenizer.all_special_ids
    assert [i for i in row.ids if i in special] == [i for i in plain.ids if i in special]
    trained = [i for i, s in zip(row.ids, row.states, strict=True) if s is TokenState.TRAINED]
    assert renderer.tokenizer.decode(trained) == triple.output
    assert row.states.count(TokenState.END) == 1
    assert ("special_text" in [f.code for f in row.findings]) == bool(mark) or END in answer


def test_tokens_past_the_longest_sequence_are_cut(renderer):
    triple = Triple("Name three colours.", "", "Red, green and blue.")
    whole = renderer.row(triple, 512)
    cut = renderer.row(triple, len(whole.ids) - 4)
    assert cut.ids == whole.ids
    assert [s is TokenState.CUT for s in cut.states].index(True) == len(whole.ids) - 4
    assert _codes(renderer, triple, len(whole.ids) - 4) == ["end_cut"]
    assert _codes(renderer, triple, 20) == ["answer_cut"]
    assert renderer.row(triple, 20).trained == 0


@pytest.mark.parametrize("answer", ["", "  \n"])
def test_a_row_without_an_answer_trains_nothing(renderer, answer):
    row = renderer.row(Triple("Hi", "", answer), 512)
    assert [f.code for f in row.findings] == ["no_answer"]
    assert row.trained == 0
    assert row.ids == renderer.prompt_ids(renderer.messages(Triple("Hi")))


def test_an_answer_that_melts_into_the_prompt_is_encoded_apart(tiny_model):
    template = (
        "{% for m in messages %}{% if m['role'] == 'user' %}{{ m['content'] }} ab"
        "{% else %}{{ m['content'] + eos_token }}{% endif %}{% endfor %}"
    )
    renderer = Renderer(tiny_model, template)
    triple = Triple("the c", "", "out the city")  # " ab" + "out" is one token of the vocabulary
    row = renderer.row(triple, 512)
    prompt = renderer.prompt_ids(renderer.messages(triple))
    together = renderer.tokenizer("the c about the city", add_special_tokens=False)["input_ids"]
    assert together[: len(prompt)] != prompt, "the case this test is about does not occur"
    assert row.ids[: len(prompt)] == prompt
    assert row.findings == ()


def test_a_template_that_rewrites_the_prompt_is_found(tiny_model):
    template = "{{ messages | length }}{% for m in messages %}{{ m['content'] }}{% endfor %}"
    row = Renderer(tiny_model, template).row(Triple("Hi", "", "Ho"), 512)
    assert [f.code for f in row.findings] == ["template_prefix"]
    assert row.trained == 0


def test_a_template_without_an_end_of_turn_is_found(tiny_model):
    template = "{% for m in messages %}{{ m['content'] }}\n{% endfor %}"
    assert _codes(Renderer(tiny_model, template), Triple("Hi", "", "Ho")) == ["no_end"]


def test_beginnings_of_sequence_are_counted(tiny_model, tmp_path):
    twice = Renderer(tiny_model, "{{ bos_token }}" + WITH_BOS)
    assert _codes(twice, Triple("Hi", "", "Ho")) == ["doubled_bos"]
    assert _codes(Renderer(tiny_model, WITH_BOS), Triple("Hi", "", "Ho")) == []
    asks = shutil.copytree(tiny_model, tmp_path / "asks")
    body = json.loads((asks / "tokenizer.json").read_text(encoding="utf-8"))
    body["post_processor"] = {
        "type": "TemplateProcessing",
        "single": [
            {"SpecialToken": {"id": "<|im_start|>", "type_id": 0}},
            {"Sequence": {"id": "A", "type_id": 0}},
        ],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {
            "<|im_start|>": {"id": "<|im_start|>", "ids": [1], "tokens": ["<|im_start|>"]}
        },
    }
    (asks / "tokenizer.json").write_text(json.dumps(body), encoding="utf-8")
    without = Renderer(asks, WITH_BOS.removeprefix("{{ bos_token }}"))
    assert _codes(without, Triple("Hi", "", "Ho")) == ["missing_bos"]


def test_a_template_that_refuses_a_row_says_why(tiny_model):
    template = (
        "{% if 'no' in messages[0]['content'] %}{{ raise_exception('not that word') }}{% endif %}"
        "{% for m in messages %}{{ m['content'] + eos_token }}{% endfor %}"
    )
    renderer = Renderer(tiny_model, template)
    (found,) = renderer.row(Triple("no", "", "x"), 512).findings
    assert (found.code, found.level) == ("template_failed", "stop")
    assert "not that word" in found.summary
    with pytest.raises(ModelError, match="not that word"):
        renderer.prompt_ids([{"role": "user", "content": "no"}])


def test_a_model_without_tokenizer_and_a_broken_template_are_sentences(tiny_model, tmp_path):
    with pytest.raises(ModelError, match="tokenizer in"):
        Renderer(tmp_path)
    with pytest.raises(ModelError, match="cannot be used: line 2: unexpected"):
        Renderer(tiny_model, "{{ 'fine' }}\n{{ broken")
    with pytest.raises(ModelError, match=r"cannot be used: line 3: .*'shout'"):
        Renderer(tiny_model, "\n\n{{ messages[0].shout() }}")


def test_a_model_without_a_template_gets_the_default_and_says_so(tiny_model, tmp_path):
    bare = shutil.copytree(tiny_model, tmp_path / "bare")
    (bare / "chat_template.jinja").unlink()
    renderer = Renderer(bare)
    assert renderer.chosen.source == "default"
    assert "the model has no template of its own" in renderer.chosen.sentence
    tokens = renderer.render(Triple("Why?", "", "So."), 512)
    assert _texts(tokens, *TokenState) == f"Question: Why?\nAnswer: So.{END}\n"
    assert _texts(tokens, TokenState.TRAINED) == " So."


def test_another_template_has_another_hash(tiny_model, renderer):
    assert Renderer(tiny_model).template_hash == renderer.template_hash
    assert Renderer(tiny_model, WITH_BOS).template_hash != renderer.template_hash
    assert len(renderer.template_hash) == 64
