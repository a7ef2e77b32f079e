"""Probes: short general questions with checkable answers, by which forgetting is measured."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from studio.core.example import Triple
from studio.core.problems import DataError
from studio.core.resources import resource

TAGS = (
    "facts",
    "arithmetic",
    "reasoning",
    "code",
    "language",
    "common-sense",
    "instructions",
    "refusals",
)
CHECKS = ("exact", "contains", "number", "choice", "refusal")
_MAY_BE_EMPTY = ("input", "said")
GRAM = 5
"""Words in a row by which a question is found again in a text."""
LEAKED = 0.6
"""Share of a question's runs of words that, found in one row, make it a leak."""
MOST_NAMED = 5
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)*")
_REFUSING = re.compile(
    r"\b(can ?not|can.?t|won.?t|will not|unable|not able|sorry|refuse|not comfortable|"
    r"not something i)\b"
)


@dataclass(frozen=True, slots=True)
class Probe:
    """One general question.

    Attributes:
        id: its name, once in a set.
        tag: what it is about, one of TAGS for ours.
        instruction: the question.
        input: what belongs to it.
        answer: the right answer, as the model should give it.
        accept: other answers that are right too.
        wrong: wrong answers of the same kind; without them it is not judged right or wrong.
        check: how an answer in free words is judged, one of CHECKS.
        said: the answer as a model says it, a whole sentence; empty if that is the answer.
        said_wrong: each wrong answer in the same sentence; empty if they are the wrong answers.
    """

    id: str
    tag: str
    instruction: str
    input: str
    answer: str
    accept: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    check: str = "contains"
    said: str = ""
    said_wrong: tuple[str, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is measured: the right answer as it is said, then the wrong ones."""
        return (self.said or self.answer, *(self.said_wrong or self.wrong))

    @property
    def question(self) -> str:
        """What the user says."""
        return Triple(self.instruction, self.input).question

    def to_mapping(self) -> dict[str, Any]:
        """Return the probe as plain values."""
        return asdict(self)


def bundled_probes() -> list[Probe]:
    """Return the probes that come with the studio.

    Raises:
        DataError: the file was changed and cannot be read.
    """
    return read_probes(resource("probes", "general.jsonl"))


def bundled_replay() -> list[Triple]:
    """Return the general rows that come with the studio; none of them is a probe.

    Raises:
        DataError: the file was changed and cannot be read.
    """
    path = resource("probes", "replay.jsonl")
    bodies = _lines(path)
    return [Triple(body["instruction"], body.get("input", ""), body["output"]) for body in bodies]


def read_probes(path: Path) -> list[Probe]:
    """Read a file of probes, one JSON object a line.

    Raises:
        DataError: it cannot be read, or one of them cannot be a probe.
    """
    probes = []
    for number, body in enumerate(_lines(path), 1):
        try:
            probes.append(probe_of(body))
        except (ValueError, KeyError, TypeError) as err:
            raise DataError(
                f"Line {number} of {path.name} is no probe: {err}.",
                "Give it id, tag, instruction, answer, and wrong answers beside it.",
            ) from err
    if len({probe.id for probe in probes}) < len(probes):
        raise DataError(f"{path.name} has an id twice.", "Give each probe an id of its own.")
    return probes


def probe_of(body: Any) -> Probe:
    """Return the probe that plain values stand for.

    Raises:
        ValueError: a text is empty or of another type, or an answer is both right and wrong.
    """
    texts = {name: body[name] for name in ("id", "tag", "instruction", "answer")}
    texts["input"] = body.get("input", "")
    texts["said"] = body.get("said", "")
    accept, wrong = tuple(body.get("accept", ())), tuple(body.get("wrong", ()))
    said_wrong = tuple(body.get("said_wrong", ()))
    check = body.get("check", "contains")
    every = (*texts.values(), *accept, *wrong, *said_wrong)
    if not all(isinstance(text, str) for text in every):
        raise ValueError("it holds what is not text")
    empty = [name for name, text in texts.items() if not text.strip() and name not in _MAY_BE_EMPTY]
    if empty:
        raise ValueError(f"{empty[0]} is empty")
    if check not in CHECKS:
        raise ValueError(f"its check is {check!r}, not one of {', '.join(CHECKS)}")
    if {texts["answer"], *accept} & set(wrong):
        raise ValueError("an answer is both right and wrong")
    if said_wrong and (len(said_wrong) != len(wrong) or texts["said"] in said_wrong):
        raise ValueError("its wrong answers are not said one by one")
    return Probe(**texts, accept=accept, wrong=wrong, check=check, said_wrong=said_wrong)


def accepts(probe: Probe, text: str) -> bool:
    """Return whether an answer in free words is right, by the probe's own check."""
    right = [plain(answer) for answer in (probe.answer, *probe.accept)]
    said = plain(text)
    match probe.check:
        case "refusal":
            return bool(_REFUSING.search(text.lower().replace("’", "'")))
        case "number":
            found = _NUMBER.findall(text)
            wanted = {answer.replace(",", "") for answer in (probe.answer, *probe.accept)}
            return bool(found) and found[-1].replace(",", "") in wanted
        case "exact":
            return _bare(text) in {_bare(answer) for answer in (probe.answer, *probe.accept)}
        case "choice":
            first = said.split(" ", 1)[0]
            return said in right or any(first == answer for answer in right)
        case _:
            return any(f" {answer} " in f" {said} " for answer in right)


def _bare(text: str) -> str:
    return text.strip().removesuffix(".")


def plain(text: str) -> str:
    """Return a text's words in lower case, one space between them; its marks if it has no word."""
    return " ".join(_WORD.findall(text.lower())) or text.strip()


def find_leaks(probes: Sequence[Probe], texts: Iterable[tuple[int, str]]) -> dict[str, list[int]]:
    """Return which probes are asked in training rows: id of the probe to ids of rows.

    A probe leaks into a row that has most runs of five of its words, or all of a shorter question.

    Args:
        probes: what is looked for.
        texts: id and text of each row.
    """
    grams: dict[int, dict[tuple[str, ...], list[int]]] = {}
    sizes: list[int] = []
    for at, probe in enumerate(probes):
        words = plain(probe.question).split()
        size = min(GRAM, len(words))
        mine = set(_grams(words, size))
        sizes.append(len(mine))
        for gram in mine:
            grams.setdefault(size, {}).setdefault(gram, []).append(at)
    found: dict[str, list[int]] = {}
    for row, text in texts:
        words = _WORD.findall(text.lower())
        hits: dict[int, int] = {}
        for size, known in grams.items():
            for gram in known.keys() & set(_grams(words, size)):
                for at in known[gram]:
                    hits[at] = hits.get(at, 0) + 1
        for at, count in hits.items():
            if count >= LEAKED * sizes[at]:
                found.setdefault(probes[at].id, []).append(row)
    return found


def leak_words(leaks: dict[str, list[int]], probes: int) -> tuple[str, str]:
    """Return what is said of probes that the training rows hold, and where they are."""
    rows = sorted({row for found in leaks.values() for row in found})
    shown = ", ".join(str(row) for row in rows[:MOST_NAMED])
    are = "is" if len(leaks) == 1 else "are"
    return (
        f"{len(leaks)} of {probes} general questions {are} in the training rows too, and "
        f"{are} left out of the measure.",
        f"Rows {shown}{' and others' if len(rows) > MOST_NAMED else ''} hold them.",
    )


def _grams(words: list[str], size: int) -> Iterable[tuple[str, ...]]:
    return zip(*(words[i:] for i in range(size)), strict=False)


def _lines(path: Path) -> list[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
        found = [json.loads(line) for line in lines if line.strip()]
    except (OSError, ValueError) as err:
        raise DataError(
            f"{path.name} cannot be read: {err}.", "Install the studio again, or mend the file."
        ) from err
    if not all(isinstance(body, dict) for body in found):
        raise DataError(f"{path.name} holds what is no object.", "Write one JSON object a line.")
    return found
