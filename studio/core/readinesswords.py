"""What a look at an adapter comes to, in words and rows: the same in window, terminal and report."""

from __future__ import annotations

import math
from dataclasses import dataclass

from studio.core.readiness import Merging, Outside, Readiness, Speed, Speeds, Timed
from studio.core.routing import Routing
from studio.core.units import (
    GIB,
    MIB,
    NO_VALUE,
    device_words,
    file_size,
    gib,
    percent,
    rate,
)
from studio.core.votes import Share

GOOD, WARNING, PLAIN = "good", "warning", "plain"
SLOWER = 0.1
"""Share of the base's tokens a second that an adapter may cost before it is a warning."""
BADLY_MERGED = 0.1
"""Mean divergence in nats above which a merged model is another one than was measured."""
HEADS = ("", "Base", "Adapter beside its base", "Merged", "Merged in 16 bits")


@dataclass(frozen=True, slots=True)
class Said:
    """One finding: its tone, the fact, and what follows."""

    tone: str
    fact: str
    why: str


def findings(found: Readiness) -> list[Said]:
    """Return what was found so far, the most important of each part."""
    said: list[Said] = []
    if found.speeds is not None:
        said += [_speed_said(found.speeds), _memory_said(found.speeds)]
    if found.outside is not None:
        said.append(_outside_said(found.outside))
    if found.routing is not None:
        said.append(_rule_said(found.routing, found.outside))
    elif found.no_rule:
        said.append(Said(PLAIN, "There is no rule that tells prompts apart.", found.no_rule))
    if found.merging is not None:
        said.append(_merging_said(found.merging, found.speeds))
    return said


def table(found: Readiness) -> list[tuple[str, ...]]:
    """Return the figures of base, adapter and merged model as rows of texts, without heads."""
    if found.speeds is None:
        return []
    merged = (found.merging.speed, found.merging.whole) if found.merging else (None, None)
    forms = (found.speeds.base, found.speeds.adapter, *merged)
    return [
        ("First token, s", *(_timed(f.first_token, 2) if f else NO_VALUE for f in forms)),
        ("Tokens a second", *(_timed(f.tokens_per_second, 1) if f else NO_VALUE for f in forms)),
        ("Weights in memory", *(memory(f.weight_bytes) if f else NO_VALUE for f in forms)),
        (_peak_name(found.speeds), *(memory(f.peak_bytes) if f else NO_VALUE for f in forms)),
    ]


def about(speeds: Speeds) -> str:
    """Return how it was measured."""
    return (
        f"{speeds.quantization}, {speeds.precision} on {device_words(speeds.device)} · {speeds.base.answers:,} "
        "answers each, one at a time, in turns · the middle, in brackets the least and the most"
    )


def memory(n_bytes: int) -> str:
    """Return a memory size with enough digits to tell an adapter from none."""
    return gib(n_bytes, 2) if n_bytes >= GIB else f"{n_bytes / MIB:,.0f} MiB"


def _peak_name(speeds: Speeds) -> str:
    return "Process at most" if speeds.base.counted == "resident" else "On the card at most"


def _timed(timed: Timed, decimals: int) -> str:
    low, high = f"{timed.low:,.{decimals}f}", f"{timed.high:,.{decimals}f}"
    return f"{timed.middle:,.{decimals}f} ({low} to {high})"


def _speed_said(speeds: Speeds) -> Said:
    base, ours = speeds.base, speeds.adapter
    share = ours.tokens_per_second.middle / base.tokens_per_second.middle - 1
    overlap = not _apart(base.tokens_per_second, ours.tokens_per_second)
    fact = (
        f"{rate(ours.tokens_per_second.middle)} tokens a second, the base "
        f"{rate(base.tokens_per_second.middle)}."
    )
    first = (
        f"The first token comes after {ours.first_token.middle:.2f} s; the base's after "
        f"{base.first_token.middle:.2f} s."
    )
    if overlap:
        return Said(PLAIN, fact, f"The readings overlap, so this may be chance. {first}")
    words = "slower" if share < 0 else "faster"
    tone = WARNING if share < -SLOWER else PLAIN
    way_out = " Merging takes that away, at the price told below." if tone == WARNING else ""
    return Said(tone, fact, f"{percent(abs(share))} {words} than its base. {first}{way_out}")


def _apart(one: Timed, other: Timed) -> bool:
    return one.high < other.low or other.high < one.low


def _memory_said(speeds: Speeds) -> Said:
    more = max(speeds.adapter.weight_bytes - speeds.base.weight_bytes, 0)
    share = percent(more / max(speeds.base.weight_bytes, 1))
    return Said(
        PLAIN,
        f"The adapter adds {memory(more)} to {memory(speeds.base.weight_bytes)} of weights, {share}.",
        f"On the disk it is {file_size(speeds.adapter_file_bytes)} beside the base, which other "
        "adapters can share.",
    )


def _outside_said(outside: Outside) -> Said:
    asked = len(outside.answers)
    if not asked:
        return Said(PLAIN, "No general question was asked.", "All are among the training rows.")
    fact = (
        f"Outside its domain {outside.adapter_right:,} of {asked:,} answers are right, the base's "
        f"{outside.base_right:,}."
    )
    why = (
        f"{outside.lost:,} were lost and {outside.won:,} won. {outside.same:,} answers are the "
        f"same words as the base's; on average {percent(outside.alike)} of the words are shared."
    )
    worse = outside.lost > outside.won and _sign_p(outside.lost, outside.won) < _CHANCE
    if not worse and outside.lost != outside.won:
        why += " The difference in right answers may be chance."
    return Said(WARNING if worse else PLAIN, fact, why)


_CHANCE = 0.05


def _sign_p(lost: int, won: int) -> float:
    """Return how often chance gives as uneven a split, either way: the exact sign test."""
    n, most = lost + won, max(lost, won)
    tail: float = sum(math.comb(n, k) for k in range(most, n + 1)) / 2.0**n
    return min(1.0, 2 * tail)


def _rule_said(routing: Routing, outside: Outside | None) -> Said:
    fact = (
        f"A rule by words sends {percent(1 - routing.general_share.value)} of general questions "
        f"to the base, and {percent(routing.held_share.value)} of the domain's by mistake."
    )
    kept, lost = _between(routing.general_share), _between(routing.held_share)
    whose = "training prompts held out for it" if routing.from_training else "held-out prompts"
    why = (
        f"Judged on {routing.general:,} general questions ({kept} stay with the adapter) and "
        f"{routing.held:,} {whose} ({lost} go to the base), each by a threshold that others chose. "
        "Questions of another kind than ours may be judged otherwise."
    )
    if outside is not None and outside.answers:
        why += f" With it {outside.routed_right(routing):,} of {len(outside.answers):,} are right."
    return Said(PLAIN, fact, why)


def _between(share: Share) -> str:
    return f"{percent(share.low)} to {percent(share.high)}"


def _merging_said(merging: Merging, speeds: Speeds | None) -> Said:
    if merging.why_not:
        return Said(PLAIN, "Merged against adapter was not looked at.", merging.why_not)
    fact = f"Merged, {merging.same:,} of {merging.answers:,} answers stay word for word."
    told = [
        f"At {percent(merging.likeliest)} of the places the same token is likeliest; the "
        f"distributions differ by {merging.divergence:.3f} nats."
    ]
    if merging.rounding is not None and merging.left is not None:
        told.append(
            f"Merging into few bits rounds the weights again: {percent(merging.left)} of the "
            f"adapter's change is left in them, and rounding moves them {merging.rounding:.1f} "
            "times as far as that change."
        )
    told += [_faster(merging.speed, speeds.adapter)] if merging.speed and speeds else []
    told += [_whole_words(merging)] if merging.rounding is not None else []
    bad = merging.divergence > BADLY_MERGED
    if bad:
        better = merging.whole is not None and merging.whole_divergence <= BADLY_MERGED
        way_out = "merge it into 16 bits" if better else "evaluate again"
        told.append(
            f"Merged into these weights it is not the model that was evaluated: use the adapter, "
            f"or {way_out}."
        )
    return Said(WARNING if bad else PLAIN, fact, " ".join(told))


def _whole_words(merging: Merging) -> str:
    """Return what becomes of the merged model where its weights keep 16 bits each."""
    size = file_size(merging.whole_bytes)
    if merging.whole is None:
        why = merging.whole_why or "That was not tried."
        return f"Kept in 16 bits the merged weights would be {size}. {why}"
    return (
        f"Kept in 16 bits, {size}, the likeliest token is the same at "
        f"{percent(merging.whole_likeliest)} of the places, the distributions differ by "
        f"{merging.whole_divergence:.3f} nats, and it writes "
        f"{rate(merging.whole.tokens_per_second.middle)} tokens a second."
    )


def _faster(merged: Speed, ours: Speed) -> str:
    return (
        f"It writes {rate(merged.tokens_per_second.middle)} tokens a second instead of "
        f"{rate(ours.tokens_per_second.middle)}."
    )
