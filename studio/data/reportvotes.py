"""The part of a report that says which answers people preferred without knowing whose they were."""

from __future__ import annotations

from studio.core.reportbars import Interval, intervals_svg
from studio.core.reportblocks import Block, Picture, Section, Table, Words
from studio.core.units import NO_VALUE, percent
from studio.core.votes import Tally, by_tag, enough_words, tally, win_words
from studio.data.reportfacts import Facts, Voted


def votes_section(facts: Facts) -> Section:
    """Return what blind votes say; empty where nobody voted."""
    blocks: list[Block] = []
    for voted in facts.voted:
        blocks += _blocks(voted)
    return Section("Blind votes", tuple(blocks))


def _blocks(voted: Voted) -> list[Block]:
    ballot, counted = voted.ballot, tally(voted.votes)
    blocks: list[Block] = [
        Words(win_words(counted, ballot.first, ballot.second), strong=True),
        Words(
            f"{enough_words(counted)} {counted.votes:,} of {ballot.total:,} questions of {ballot.where} "
            "were voted on, with the sides dealt by chance and the names hidden."
        ),
    ]
    tagged = [("all votes", counted), *by_tag(voted.votes)]
    table = Table(
        ("", "Won", "Lost", "Ties", "Both bad", "Win rate (95 %)"),
        tuple(_row(name, found) for name, found in tagged),
        frozenset(range(1, 6)),
        f"{ballot.second} against {ballot.first}",
    )
    if counted.win is not None:
        share = counted.win
        row = Interval(ballot.second, share.value, share.low, share.high, percent(share.value))
        told = "Share of the decided votes that it won, with its interval; the line is one half."
        svg = intervals_svg([row], told, 0.5, (0.0, 1.0))
        blocks.append(Picture(svg, told, Table(("", "Won"), ((row.name, row.words),))))
    return [*blocks, table]


def _row(name: str, counted: Tally) -> tuple[str, ...]:
    share = counted.win
    rate = NO_VALUE
    if share is not None:
        rate = f"{percent(share.value)} ({percent(share.low)} to {percent(share.high)})"
    numbers = (counted.second, counted.first, counted.ties, counted.bad)
    return (name, *(f"{n:,}" for n in numbers), rate)
