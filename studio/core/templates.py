"""Chat templates that come with the studio, and which template a recipe means."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from studio.core.problems import RecipeError
from studio.core.resources import resource

DEFAULT = "plain"
"""The built-in template for a model that comes without one."""
_BEGIN = "{{ begin }}"
"""Stands where a built-in template starts a sequence; only some tokenizers want a token there."""
_JINJA = re.compile(r"\{[{%#]")


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A template that comes with the studio.

    Attributes:
        name: as recipes have it.
        title: as menus have it.
        sentence: what it is for.
    """

    name: str
    title: str
    sentence: str

    @property
    def text(self) -> str:
        """Its Jinja, with the mark of a sequence's start still in it."""
        return _read(self.name)


BUILT_INS = {
    each.name: each
    for each in (
        BuiltIn("plain", "Question and answer", "Plain words; right for any base model."),
        BuiltIn("alpaca", "Alpaca", "Instruction and response under headings."),
        BuiltIn("chatml", "ChatML", "For models that know <|im_start|> and <|im_end|>."),
        BuiltIn("llama3", "Llama 3", "For bases of the Llama 3 family."),
        BuiltIn("mistral", "Mistral", "For bases of the Mistral and Llama 2 families."),
        BuiltIn("gemma", "Gemma", "For bases of the Gemma family; no system turn of its own."),
        BuiltIn(
            "zephyr", "Zephyr", "Headings in angle brackets, each turn ended by the tokenizer."
        ),
    )
}
"""Templates by name, in the order of menus."""


@dataclass(frozen=True, slots=True)
class ChosenTemplate:
    """The template that a recipe means for a model.

    Attributes:
        text: Jinja.
        source: own, built-in, custom or default; default is a built-in that nobody chose.
        title: what it is, for sentences: "ChatML".
    """

    text: str
    source: str
    title: str

    @property
    def sentence(self) -> str:
        """Which template it is and why, such as shown beside tokens."""
        match self.source:
            case "own":
                return "The model's own template"
            case "custom":
                return "A template of your own"
            case "default":
                return f"{self.title}: the model has no template of its own"
        return f"{self.title}, built in"


def choose_template(wanted: str, own: str, *, begins: bool = False) -> ChosenTemplate:
    """Return the template that a recipe's setting means.

    Args:
        wanted: the setting: empty for the model's own, a built-in's name, or Jinja.
        own: the template that comes with the model; empty if there is none.
        begins: the tokenizer wants a token at the start of a sequence.

    Raises:
        RecipeError: the setting is a name that no template has.
    """
    if not wanted and own:
        return ChosenTemplate(own, "own", "The model's own")
    name = wanted or DEFAULT
    if name in BUILT_INS:
        text = _begun(BUILT_INS[name].text, begins)
        return ChosenTemplate(text, "built-in" if wanted else "default", BUILT_INS[name].title)
    if not _JINJA.search(wanted):
        names = ", ".join(BUILT_INS)
        raise RecipeError(
            {"template": f"is {wanted[:40]!r}, neither a name nor Jinja"},
            f"The names are {names}.",
        )
    return ChosenTemplate(_begun(wanted, begins), "custom", "Custom")


def _begun(text: str, begins: bool) -> str:
    """Return a template with the token at its start that the tokenizer wants, if it wants one."""
    return text.replace(_BEGIN, "{{ bos_token }}" if begins else "")


@functools.cache
def _read(name: str) -> str:
    return resource("templates", f"{name}.jinja").read_text(encoding="utf-8").rstrip("\n")
