"""Built-in templates, and which template a recipe means."""

from __future__ import annotations

import pytest

from studio.core.problems import RecipeError
from studio.core.templates import BUILT_INS, DEFAULT, choose_template

OWN = "{{ messages }}"


def test_an_empty_setting_is_the_models_own_or_the_default_by_name() -> None:
    assert choose_template("", OWN).text == OWN
    assert choose_template("", OWN).source == "own"
    default = choose_template("", "")
    assert (default.source, default.title) == ("default", BUILT_INS[DEFAULT].title)
    assert "the model has no template of its own" in default.sentence


@pytest.mark.parametrize("name", BUILT_INS)
def test_a_built_in_begins_as_the_tokenizer_wants(name: str) -> None:
    plain, begun = choose_template(name, OWN), choose_template(name, OWN, begins=True)
    assert "begin }}" not in plain.text
    assert begun.text == "{{ bos_token }}" + plain.text
    assert begun.source == "built-in"


def test_jinja_is_taken_as_it_is_and_a_wrong_name_is_refused_with_the_names() -> None:
    assert choose_template("{% if a %}{% endif %}", OWN).source == "custom"
    with pytest.raises(RecipeError, match="neither a name nor Jinja") as refused:
        choose_template("chatlm", OWN)
    assert "chatml" in refused.value.hint
