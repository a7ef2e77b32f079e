"""METEOR in the form that needs no dictionary: words match exactly, then by their English stems.

Source: Banerjee and Lavie 2005, METEOR: An Automatic Metric for MT Evaluation, 3, with its
weights (recall counts nine times, penalty 0.5 · (chunks / matches)³). Synonyms of WordNet, the
paper's third stage, are left out, so scores are at most those of the full METEOR. Where a word
could match in several places, the one that goes on with a chunk is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from studio.core.metrics.stem import stem
from studio.core.metrics.words import words


def meteor(answer: str, reference: str) -> float:
    """Return the METEOR of an answer, from 0 to nearly 1."""
    found, wanted = words(answer), words(reference)
    pairs = _aligned(found, wanted)
    if not pairs:
        return 0.0
    precision, recall = len(pairs) / len(found), len(pairs) / len(wanted)
    mean = 10 * precision * recall / (recall + 9 * precision)
    return mean * (1 - 0.5 * (_chunks(pairs) / len(pairs)) ** 3)


def _aligned(found: Sequence[str], wanted: Sequence[str]) -> dict[int, int]:
    """Return the place of each matched answer's word in the reference."""
    pairs: dict[int, int] = {}
    free = set(range(len(wanted)))
    for form in (str, stem):
        _match(found, wanted, form, pairs, free)
    return pairs


def _match(
    found: Sequence[str],
    wanted: Sequence[str],
    form: Callable[[str], str],
    pairs: dict[int, int],
    free: set[int],
) -> None:
    """Add the matches of words in a form to the pairs."""
    places: dict[str, list[int]] = {}
    for at in sorted(free):
        places.setdefault(form(wanted[at]), []).append(at)
    forms = [form(word) for word in found]
    for at, word in enumerate(forms):
        if at in pairs:
            continue
        able = [place for place in places.get(word, ()) if place in free]
        if not able:
            continue
        after = pairs.get(at - 1, -2) + 1
        following = forms[at + 1] if at + 1 < len(forms) else None
        begins = [p for p in able if following is not None and p + 1 in places.get(following, ())]
        place = after if after in able else (begins or able)[0]
        pairs[at] = place
        free.discard(place)


def _chunks(pairs: dict[int, int]) -> int:
    """Return the runs of matches that are in one piece in both texts."""
    return sum(pairs.get(at - 1, -2) + 1 != place for at, place in pairs.items())
