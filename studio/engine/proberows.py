"""General questions as tokens: the answer of each, and where it parts from wrong answers.

Where an answer ends is not measured. A task teaches how long answers are, and a model that learnt to
say more than one sentence has forgotten nothing; yet in runs of the starter nine tenths of the loss
that was added lay on the end of turn, while as many answers were right as before.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from studio.core.example import Triple
from studio.core.probes import Probe
from studio.engine.render import Renderer
from studio.engine.rendered import Rendered
from studio.engine.rowsfile import TokenRow

BLOCK = 16
"""Questions that pass through the model at once."""
WINDOW = 3 * BLOCK
"""Questions among which blocks of like length are made, so that little of them is padding."""
NOTHING = torch.empty(0, dtype=torch.long)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question with its answer, as tokens.

    Attributes:
        name: of the probe.
        tag: what it is about.
        ids: of the whole conversation up to the answer's last word, (tokens,).
        start: index of the answer's first token that counts: where wrong answers part from it.
        rivals: for each wrong answer, (index in the answer, right token, wrong token): where the
            two part after the same beginning, and how each goes on.
    """

    name: str
    tag: str
    ids: npt.NDArray[np.int64]
    start: int
    rivals: tuple[tuple[int, int, int], ...] = ()

    @property
    def tokens(self) -> int:
        """How many tokens the answer has."""
        return len(self.ids) - self.start

    @property
    def targets(self) -> torch.Tensor:
        """The answer's tokens, (tokens of the answer,)."""
        return torch.from_numpy(self.ids[self.start :])


@dataclass(frozen=True, slots=True)
class Block:
    """Questions that pass at once.

    Attributes:
        ids: (B, T), padded on the right, without what all of them begin with.
        places: index of the states that predict answers, into the (B × T) states, one after the
            other as the answers come.
        beginning: the tokens that all of them begin with, (P,); the states of T come behind it.
    """

    asked: tuple[Asked, ...]
    ids: torch.Tensor
    places: torch.Tensor
    beginning: torch.Tensor = NOTHING


def ask_probes(renderer: Renderer, probes: Sequence[Probe], max_tokens: int) -> list[Asked]:
    """Return probes as tokens; those whose answer is past the limit are left out.

    Args:
        renderer: writes them as the run's rows are written.
        probes: to be asked.
        max_tokens: longest sequence.
    """
    examples, owners = [], []
    for at, probe in enumerate(probes):
        for answer in probe.sentences:
            examples.append(Triple(probe.instruction, probe.input, answer))
            owners.append(at)
    found: dict[int, list[Rendered]] = {}
    for at, rendered in zip(owners, renderer.rows(examples, max_tokens), strict=True):
        found.setdefault(at, []).append(rendered)
    asked = (_asked(probe, found[at]) for at, probe in enumerate(probes))
    return [one for one in asked if one is not None]


def answer_rows(renderer: Renderer, rows: Sequence[Triple], max_tokens: int) -> list[TokenRow]:
    """Return general rows as they are trained, numbered -1, -2 ... so that no dataset has them."""
    made = []
    for number, rendered in enumerate(renderer.rows(rows, max_tokens), 1):
        ids = np.array(rendered.ids[:max_tokens], np.int64)
        trained = np.zeros(len(ids), np.bool_)
        for span in rendered.spans:
            trained[span.start : span.stop] = True
        if trained.any():
            made.append(TokenRow(-number, ids, trained))
    return made


def row_asked(row: TokenRow) -> Asked:
    """Return a general row as a question with an answer: its last run of trained tokens."""
    stop = len(row.ids)
    while not row.trained[stop - 1]:
        stop -= 1
    start = stop
    while start > 1 and row.trained[start - 1]:
        start -= 1
    return Asked(str(row.row), "", row.ids[:stop], start)


def in_order(asked: Iterable[Asked], seed: int) -> list[Asked]:
    """Return the questions so that any beginning of them has as many of each tag as can be."""
    by_tag: dict[str, list[Asked]] = {}
    for one in asked:
        by_tag.setdefault(one.tag, []).append(one)
    chance = random.Random(seed)
    for tag in sorted(by_tag):
        chance.shuffle(by_tag[tag])
    longest = max(map(len, by_tag.values()), default=0)
    return [
        by_tag[tag][i] for i in range(longest) for tag in sorted(by_tag) if i < len(by_tag[tag])
    ]


def by_length(asked: Sequence[Asked]) -> list[Asked]:
    """Return the questions so that neighbours are of like length, and each window has its own."""
    windows = (asked[i : i + WINDOW] for i in range(0, len(asked), WINDOW))
    return [one for window in windows for one in sorted(window, key=lambda one: len(one.ids))]


def beginning_of(asked: Sequence[Asked]) -> torch.Tensor:
    """Return the tokens that all the questions begin with, (P,): a template's words, mostly.

    What predicts an answer is never among them.
    """
    if not asked:
        return NOTHING
    most = min(one.start for one in asked) - 1
    first = asked[0].ids[:most]
    parted = (np.flatnonzero(one.ids[:most] != first) for one in asked)
    return torch.from_numpy(first[: min(int(at[0]) if len(at) else most for at in parted)])


def blocks_of(
    asked: Sequence[Asked], pad_id: int, beginning: torch.Tensor = NOTHING
) -> list[Block]:
    """Return the questions in blocks, in their order.

    Args:
        asked: the questions.
        pad_id: what fills a block.
        beginning: what all of them begin with, if that is to be read only once.
    """
    some = (asked[i : i + BLOCK] for i in range(0, len(asked), BLOCK))
    return [block_of(group, pad_id, beginning) for group in some]


def block_of(asked: Sequence[Asked], pad_id: int, beginning: torch.Tensor = NOTHING) -> Block:
    """Return the questions as one block."""
    skipped = len(beginning)
    longest = max(len(one.ids) for one in asked) - skipped
    ids = torch.full((len(asked), longest), pad_id)
    places = []
    for at, one in enumerate(asked):
        ids[at, : len(one.ids) - skipped] = torch.from_numpy(one.ids[skipped:])
        own = torch.arange(one.start - 1, len(one.ids) - 1) - skipped
        places.append(own + at * longest)
    return Block(tuple(asked), ids, torch.cat(places), beginning)


def _asked(probe: Probe, rendered: list[Rendered]) -> Asked | None:
    answers = [_answer(one) for one in rendered]
    right = answers[0]
    if right is None or right.start < 1:
        return None
    start, ids, end = right.start, right.ids, right.end
    rivals = []
    for wrong in answers[1:]:
        if wrong is not None and wrong.start == start:
            parting = _parting(ids[start:], wrong.ids[start:])
            if parting is not None:
                rivals.append(parting)
    # What is said before it comes to the point is how a model talks, not what it knows
    before = min((at for at, _, _ in rivals), default=0)
    parted = tuple((at - before, a, b) for at, a, b in rivals)
    if any(start + at >= end for at, _, _ in rivals):
        end = len(ids)  # to stop there is what makes it right
    return Asked(probe.id, probe.tag, np.array(ids[:end], np.int64), start + before, parted)


@dataclass(frozen=True, slots=True)
class _Answer:
    """Where an answer starts, the ids up to its end of turn, and where its words end."""

    start: int
    ids: list[int]
    end: int


def _answer(rendered: Rendered) -> _Answer | None:
    """Return an answer as tokens; None if it is past the limit."""
    if not rendered.spans or rendered.spans[-1].stop > rendered.limit:
        return None
    span = rendered.spans[-1]
    end = span.stop - int(span.ends and span.stop - span.start > 1)
    return _Answer(span.start, rendered.ids[: span.stop], end)


def _parting(right: list[int], wrong: list[int]) -> tuple[int, int, int] | None:
    pairs = zip(right, wrong, strict=False)
    return next(((at, a, b) for at, (a, b) in enumerate(pairs) if a != b), None)
