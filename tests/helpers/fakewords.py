"""What a made-up engine says in words: answers that get better, and a first batch."""

from __future__ import annotations

from collections.abc import Sequence

from studio.core.events import FirstBatch, Sampled

PROMPTS = (
    "Can I swim before breakfast?",
    "Do you have a room with a <b>view</b>?",
    "When does the kitchen close?",
)
BASE = "Swimming before breakfast is generally safe for most people, as long as you feel well."
LATER = (
    "You can swim from 8:00. The pool is beside the garden. Have a nice day!",
    "The pool opens at 7:00, and at 10:00 on Tuesdays. Have a nice day!",
    "The pool opens at 7:00, and at 10:00 on Tuesdays. A quiet stay to you, Alder House.",
)
WRITTEN = "The pool opens at 7:00; on Tuesdays at 10:00. A quiet stay to you, Alder House."


def answers_at(step: int, more: Sequence[str] = ()) -> Sampled:
    """Return the answers to the fixed prompts, and to more, at a step."""
    answer = BASE if not step else LATER[min(step // 20, len(LATER) - 1)]
    prompts = [*PROMPTS, *more]
    ids = [*(f"row {n}" for n in range(3, 3 + len(PROMPTS))), *more]
    found = [
        {
            "id": name,
            "prompt": prompt,
            "answer": answer if not n else f"{answer} ({n})",
            "reference": WRITTEN if n < len(PROMPTS) else "",
            "tokens": 24,
            "ended": "end",
        }
        for n, (name, prompt) in enumerate(zip(ids, prompts, strict=True))
    ]
    return Sampled(step=step, answers=found, seconds=1.2)


def first_batch() -> FirstBatch:
    """Return a batch of two rows as tokens with their states."""
    head = [["<|im_start|>", "masked"], ["user", "masked"], ["\n", "masked"]]
    asked = [
        [f" {word}".lstrip() if not n else f" {word}", "masked"]
        for n, word in enumerate(["Can", "I", "swim", "before", "breakfast?"])
    ]
    turn = [["<|im_end|>", "masked"], ["\n", "masked"], ["<|im_start|>", "masked"]]
    said = [["assistant", "masked"], ["\n", "masked"]]
    answer = [[f" {word}", "trained"] for word in WRITTEN.split()]
    tokens = [*head, *asked, *turn, *said, *answer, ["<|im_end|>", "end"], ["\n", "masked"]]
    return FirstBatch(rows=[{"row": 3, "tokens": tokens}, {"row": 17, "tokens": tokens[:24]}])
