"""What each number of an evaluation is called, what it means, and which way is better."""

from __future__ import annotations

from dataclasses import dataclass

MORE, LESS, NEITHER = 1, -1, 0


@dataclass(frozen=True, slots=True)
class Metric:
    """One kind of number.

    Attributes:
        name: in results, for programs.
        title: for people.
        better: MORE, LESS or NEITHER.
        decimals: shown behind the point.
        sentence: what it is.
    """

    name: str
    title: str
    sentence: str
    better: int = MORE
    decimals: int = 2


METRICS = (
    Metric("accuracy", "Accuracy", "Share of rows answered with the right label."),
    Metric("macro_f1", "F1 over labels", "F1 of each label, averaged; rare labels count as much."),
    Metric("auc", "AUC", "How often the right label is likelier than for rows of other labels."),
    Metric("json_valid", "JSON valid", "Share of answers that are JSON."),
    Metric("json_form", "JSON form", "Share of answers with the keys and kinds asked for."),
    Metric("exact_match", "Exact match", "Same text, but for case, spaces and end punctuation."),
    Metric("contains", "Contains", "The written answer stands in the model's answer."),
    Metric("token_f1", "Word F1", "Words shared with the written answer, in any order."),
    Metric("rouge_1", "ROUGE-1", "Words shared, as F1."),
    Metric("rouge_2", "ROUGE-2", "Pairs of neighbouring words shared, as F1."),
    Metric("rouge_l", "ROUGE-L", "Longest run of words in the same order, gaps allowed, as F1."),
    Metric("meteor", "METEOR", "Words and English stems shared, in chunks; without synonyms."),
    Metric(
        "bleu", "BLEU", "Runs of one to four words shared, over all rows, 0 to 100.", decimals=1
    ),
    Metric(
        "chrf", "chrF", "Runs of one to six letters shared, over all rows, 0 to 100.", decimals=1
    ),
    Metric("perplexity", "Perplexity", "How surprising the written answer is, a token.", LESS),
    Metric(
        "general_accuracy",
        "General questions",
        "Share of general questions whose right answer is likelier than each wrong one.",
    ),
    Metric("general_loss", "General loss", "Nats a token of right general answers.", LESS),
    Metric("refusals", "Refusals", "Share of answers that refuse (English) or are empty.", LESS),
    Metric("ended", "Ended by itself", "Share of answers that ended before the limit."),
    Metric("words", "Words an answer", "Mean length; neither better nor worse.", NEITHER, 1),
)
"""All of them, in the order of tables: the task's own first."""
BY_NAME = {metric.name: metric for metric in METRICS}
GENERAL = ("general_accuracy", "general_loss")
"""What tells of questions that have nothing to do with the rows, the plainer one first."""
MAIN = ("accuracy", "json_form", "token_f1", "perplexity")
"""Of these the first that an evaluation has stands for the whole."""
SHARES = frozenset(
    ("accuracy", "json_valid", "json_form", "exact_match", "contains", "refusals", "ended")
)
"""Which of them count rows that are right or not."""
BY_ROW = (
    "accuracy",
    "exact_match",
    "json_form",
    "token_f1",
    "rouge_l",
    "meteor",
    "contains",
    "perplexity",
)
"""What single rows can be compared by."""
