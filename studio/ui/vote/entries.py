"""Votes as entries of a list."""

from __future__ import annotations

import time

from studio.core.units import day, percent
from studio.data.votes import Ballot
from studio.ui.evaluate.names import short_name
from studio.ui.widgets.lists import Entry


def title_of(ballot: Ballot) -> str:
    """Return number and columns of a vote."""
    return f"{ballot.id} · {short_name(ballot.first)} and {short_name(ballot.second)}"


def entry_of(ballot: Ballot) -> Entry:
    """Return the entry of a vote: when it began and how far it is."""
    done = ballot.done
    share = ballot.voted / ballot.total if ballot.total else 0.0
    made = time.localtime(ballot.made)
    when = f"{day(made)} {time.strftime('%H:%M', made)}"
    words = "done" if done else f"at {percent(share)}"
    if ballot.left:
        words = "answers"
    icon, tone = ("okay", "good") if done else ("pause", "plain")
    tip = f"{ballot.first}\n{ballot.second}\n{ballot.where}"
    return Entry(title_of(ballot), when, icon=icon, mark=words, tone=tone, tip=tip)
