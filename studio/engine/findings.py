"""What may be wrong with a row as it would be trained, each with its way out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

STOP, WARN = "stop", "warn"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a rendered row that the user should know.

    Attributes:
        code: what it is, for grouping rows.
        level: "stop" if the row cannot be trained on as it is, else "warn".
        summary: what is wrong, as a sentence.
        hint: what to do about it.
    """

    code: str
    level: str
    summary: str
    hint: str

    def as_list(self) -> list[str]:
        """Return the finding as it travels between processes."""
        return [self.code, self.level, self.summary, self.hint]


_KNOWN = (
    Finding(
        "template_failed",
        STOP,
        "The chat template refuses the row.",
        "Change the row, the system prompt or the template.",
    ),
    Finding(
        "system_refused",
        STOP,
        "The chat template takes no system turn.",
        "Empty the system prompt, take the system turn out, or choose another template.",
    ),
    Finding(
        "template_prefix",
        STOP,
        "With an answer, the chat template changes the prompt before it: what is trained "
        "would not be what is asked later.",
        "Choose a chat template that only adds the answer.",
    ),
    Finding(
        "not_example",
        STOP,
        "The row's turns cannot be read.",
        "Write them anew in the form of the row.",
    ),
    Finding(
        "half_character",
        STOP,
        "The row has half of a character, which no tokenizer takes.",
        "Remove it; it comes from text that was cut or decoded wrongly.",
    ),
    Finding(
        "not_text",
        STOP,
        "A turn has a picture, a sound or something else that is not text.",
        "Delete the row: a text model would learn an answer to what it cannot see.",
    ),
    Finding(
        "no_answer",
        STOP,
        "The answer is empty, so nothing of the row is trained.",
        "Write an answer, or delete the row.",
    ),
    Finding(
        "no_text",
        STOP,
        "The text is empty, so nothing of the row is trained.",
        "Write a text, or delete the row.",
    ),
    Finding(
        "calls_lost",
        STOP,
        "The chat template leaves out a call of a tool, so an empty answer is trained.",
        "Choose a template that knows tools, or take the calls out.",
    ),
    Finding(
        "answer_cut",
        STOP,
        "The prompt alone fills the longest sequence: no token of the answer is left.",
        "Raise the longest sequence, or shorten what comes before the answer.",
    ),
    Finding(
        "end_cut",
        WARN,
        "The row is longer than the longest sequence: the end of the answer is cut.",
        "Raise the longest sequence, or shorten the row. Cut answers teach not to stop.",
    ),
    Finding(
        "text_cut",
        WARN,
        "The text is longer than the longest sequence: its end is cut.",
        "Raise the longest sequence, or divide the text.",
    ),
    Finding(
        "no_end",
        WARN,
        "Nothing ends the turn after an answer: neither the chat template nor the tokenizer "
        "has a token for it.",
        "The model will not learn where to stop. Choose a template that ends the turn.",
    ),
    Finding(
        "unknown_role",
        WARN,
        "A turn's role is none of system, user, assistant and tool.",
        "Choose one of these, so that the template and the mask know who speaks.",
    ),
    Finding(
        "answer_first",
        WARN,
        "The conversation starts with an answer: nothing asks for it, so it is not trained.",
        "Put a question before it, or delete the turn.",
    ),
    Finding(
        "empty_turn",
        WARN,
        "An answer in the conversation is empty; it is not trained.",
        "Write it, or delete the turn.",
    ),
    Finding(
        "system_lost",
        WARN,
        "The chat template leaves the system turn out: the model never sees it.",
        "Choose a template that writes it, or put its words into the first question.",
    ),
    Finding(
        "turn_lost",
        WARN,
        "The chat template leaves a turn out: the model never sees it.",
        "Choose a template that writes all turns, or delete this one.",
    ),
    Finding(
        "tools_lost",
        WARN,
        "The chat template leaves the tools out: the model learns calls of what it cannot see.",
        "Choose a template that writes tools, or take them out of the row.",
    ),
    Finding(
        "only_rejected",
        WARN,
        "Only a worse answer is known, and answers are learned from better ones: the row is "
        "left out.",
        "Write the better answer, or leave the row for training on preferences.",
    ),
    Finding(
        "same_answers",
        WARN,
        "The chosen and the rejected answer are the same.",
        "Change one, or delete the row: nothing can be preferred.",
    ),
    Finding(
        "doubled_bos",
        WARN,
        "The row starts with two beginning-of-sequence tokens.",
        "Remove one from the chat template.",
    ),
    Finding(
        "missing_bos",
        WARN,
        "The tokenizer asks for a beginning-of-sequence token and the template writes none.",
        "Add it to the start of the chat template.",
    ),
    Finding(
        "special_text",
        WARN,
        "The row has text that looks like a turn mark; it is trained as plain text.",
        "Remove it unless it belongs to the text.",
    ),
)
FINDINGS = {found.code: found for found in _KNOWN}
"""All that may be wrong with one row, by code; the gravest first."""
REFUSED = ("template_failed", "system_refused", "not_example", "half_character")
"""Rows that cannot be written at all; a run with one stops and names it."""
_SAID = ("template_failed", "system_refused", "not_example")
_ORDER = {code: at for at, code in enumerate(FINDINGS)}


def gathered(codes: Iterable[str], said: str = "") -> tuple[Finding, ...]:
    """Return the findings of some codes, each once, the gravest first.

    Args:
        codes: keys of :data:`FINDINGS`.
        said: why the row cannot be read, or what the template said when it refused it.
    """
    found = [FINDINGS[code] for code in sorted(set(codes), key=_ORDER.__getitem__)]
    if said and found and found[0].code in _SAID:
        words = f"{found[0].summary.removesuffix('.')}: {said}."
        found[0] = replace(found[0], summary=words)
    return tuple(found)
