"""What may be wrong with a row as it would be trained, each with its way out."""

from __future__ import annotations

from dataclasses import dataclass

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


FINDINGS = {
    found.code: found
    for found in (
        Finding(
            "no_answer",
            STOP,
            "The answer is empty, so nothing of the row is trained.",
            "Write an answer, or delete the row.",
        ),
        Finding(
            "answer_cut",
            STOP,
            "The prompt alone fills the longest sequence: no token of the answer is left.",
            "Raise the longest sequence, or shorten the instruction or the input.",
        ),
        Finding(
            "end_cut",
            WARN,
            "The row is longer than the longest sequence: the end of the answer is cut.",
            "Raise the longest sequence, or shorten the row. Cut answers teach not to stop.",
        ),
        Finding(
            "no_end",
            WARN,
            "The chat template writes no end-of-turn token after an answer.",
            "The model will not learn where to stop. Choose a template that ends the turn.",
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
            "template_prefix",
            STOP,
            "With an answer, the chat template changes the prompt before it: what is trained "
            "would not be what is asked later.",
            "Choose a chat template that only adds the answer.",
        ),
        Finding(
            "special_text",
            WARN,
            "The row has text that looks like a turn mark; it is trained as plain text.",
            "Remove it unless it belongs to the text.",
        ),
        Finding(
            "template_failed",
            STOP,
            "The chat template refuses the row.",
            "Change the row, the system prompt or the template.",
        ),
    )
}
