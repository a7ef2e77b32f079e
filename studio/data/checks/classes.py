"""The problems a dataset can have: what each is called, how grave it is, what follows from it."""

from __future__ import annotations

from dataclasses import dataclass

from studio.data.checks.problemtable import REMARKS, STOPS, WARNINGS, Lines

STOP, WARN, REMARK = "stop", "warn", "remark"
LEVELS = (STOP, WARN, REMARK)


@dataclass(frozen=True, slots=True)
class ProblemClass:
    """One kind of problem.

    Attributes:
        code: what it is, for filters, commands and the sidecar; never changes.
        level: "stop" if such a row cannot be trained on, "warn" to look and decide, "remark" if
            it is often as it should be.
        title: a few words.
        summary: what is the matter with a row, as a sentence.
        hint: what follows, or what to do about it.
        whole: it is about the dataset; no row has it.
    """

    code: str
    level: str
    title: str
    summary: str
    hint: str
    whole: bool = False


def _table(level: str, lines: Lines) -> tuple[ProblemClass, ...]:
    return tuple(
        ProblemClass(code, level, title, summary, hint) for code, title, summary, hint in lines
    )


_WHOLE = (
    ProblemClass(
        "no_rows",
        STOP,
        "Nothing to train on",
        "No row is in the training split.",
        "Add rows, or move some.",
        True,
    ),
    ProblemClass(
        "no_validation",
        WARN,
        "Nothing held out",
        "No row is held out for validation: nothing tells learning from learning by heart.",
        "Hold out a tenth of the rows.",
        True,
    ),
    ProblemClass(
        "tag_imbalance",
        REMARK,
        "Tags of very different size",
        "One tag has at least twenty times the rows of another.",
        "What is rare is learned less. Add rows, or mix the rare ones in more often.",
        True,
    ),
)

CLASSES: dict[str, ProblemClass] = {
    each.code: each
    for each in (
        *_WHOLE[:1],
        *_table(STOP, STOPS),
        *_WHOLE[1:2],
        *_table(WARN, WARNINGS),
        *_table(REMARK, REMARKS),
        _WHOLE[2],
    )
}
"""By code, the gravest first."""
OF_RENDERING = frozenset(
    (
        *("template_failed", "template_prefix", "system_refused", "not_text", "calls_lost"),
        *("no_end", "unknown_role", "answer_first", "system_lost", "turn_lost", "tools_lost"),
        *("only_rejected", "doubled_bos", "missing_bos", "model_mark"),
    )
)
"""Codes that depend on the model, the template and the system prompt."""
OF_DATASET = frozenset(
    (
        *("no_rows", "no_validation", "tag_imbalance", "leak", "leak_near", "duplicate"),
        *("near_duplicate", "one_pattern", "other_language", "outlier_long", "outlier_short"),
    )
)
"""Codes that a row has because of other rows, or that no row has."""
OF_LIMIT = frozenset(("answer_cut", "end_cut", "text_cut"))
"""Codes that follow from lengths and the longest sequence."""
OF_TEXTS = frozenset(CLASSES) - OF_RENDERING - OF_DATASET - OF_LIMIT
"""Codes that a row has because of its own texts, whatever the model."""
