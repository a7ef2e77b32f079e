"""The answers of a run to one prompt, from the base over its checkpoints; no widgets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from studio.app.runhistory import History
from studio.ui.chat.worddiff import Span, differing_words

LONGEST = 2_000
"""Characters of an answer that the strip shows; Chat shows any length."""
_BREAKS = dict.fromkeys(map(ord, "\r\x0b\x0c\x85\u2028\u2029"), "\n")
_HIDDEN = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)), None)
"""Marks that would turn the direction of what stands around an answer."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question that is asked again and again."""

    id: str
    text: str
    reference: str = ""
    """What was written as its answer; empty for none."""


@dataclass(frozen=True, slots=True)
class Frame:
    """An answer at a step.

    Attributes:
        changed: spans, in characters, of the words that the frame before did not have.
        cut: the answer ended for want of room or time.
    """

    step: int
    text: str
    changed: tuple[Span, ...] = ()
    cut: bool = False

    @property
    def shown(self) -> str:
        """The answer as it is read: one that was cut ends in an ellipsis, none is named."""
        if not self.text:
            return "(cut before its first word)" if self.cut else "(an empty answer)"
        return f"{self.text}\u00a0…" if self.cut else self.text


def prompts_of(history: History) -> list[Prompt]:
    """Return the prompts of a run, in the order in which they came up."""
    found: dict[str, Prompt] = {}
    for sample in history.samples:
        for answer in _answers(sample.answers):
            name = str(answer.get("id", ""))
            text, reference = plain(answer.get("prompt")), plain(answer.get("reference"))
            found.setdefault(name, Prompt(name, text, reference))
    return list(found.values())


def frames_of(history: History, prompt: str) -> list[Frame]:
    """Return the answers to a prompt by step; each is compared with the one before."""
    made: list[Frame] = []
    for sample in history.samples:
        answer = next((a for a in _answers(sample.answers) if str(a.get("id")) == prompt), None)
        if answer is None:
            continue
        text = plain(answer.get("answer"))
        changed = _changed(made[-1].text, text) if made else ()
        cut = answer.get("ended", "end") not in ("end", True)
        made.append(Frame(sample.step, text, changed, cut))
    return made


def frame_at(frames: list[Frame], step: int | None) -> int:
    """Return the place of the frame that holds at a step: the last one at or before it.

    The newest for None; -1 without frames.
    """
    if step is None:
        return len(frames) - 1
    before = [place for place, frame in enumerate(frames) if frame.step <= step]
    return before[-1] if before else min(0, len(frames) - 1)


def plain(text: object) -> str:
    """Return a text from a model as one that can be drawn: capped, with plain line breaks."""
    words = str(text or "").replace("\r\n", "\n").translate(_BREAKS).translate(_HIDDEN).strip()
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"


def _answers(found: list[Any]) -> list[Mapping[str, Any]]:
    return [answer for answer in found if isinstance(answer, Mapping)]


@lru_cache(maxsize=1024)
def _changed(before: str, after: str) -> tuple[Span, ...]:
    return tuple(differing_words(before, after)[1])
