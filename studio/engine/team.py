"""The engines that share a run: what the first decides reaches all, what all found reaches it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any, Self, TypeVar

import torch
import torch.distributed as dist
from torch.distributed.rendezvous import rendezvous

from studio.core.problems import RunError
from studio.engine.place import ALONE, PeerLostError, Place

LONGEST_WAIT = timedelta(days=30)
"""The first engine may wait for room on a disk while the others wait for it. One that died is noticed
by its closed connection, or by the launcher; never by the clock."""
_MEETING = timedelta(minutes=15)
"""Engines of one run are started together; they differ by how fast their computers import."""
_LAST_WORDS = "last words of"
_LOST_WORDS = ("gloo/", "closed by peer", "reset by peer", "broken pipe", "connection refused")

_T = TypeVar("_T")


class Team:
    """The engines of one run; all of them have to call the same methods in the same order.

    Args:
        place: of this engine.
    """

    def __init__(self, place: Place = ALONE) -> None:
        self.place = place
        self._talk: Any = None
        self._store: Any = None

    @classmethod
    def gather(cls, place: Place, device: str) -> Self:
        """Return the team once all its engines are there.

        Args:
            place: of this engine, as its launcher told it.
            device: what it trains on.
        """
        team = cls(place)
        if place.shares:
            # Gradients of cards travel by NCCL, words always by gloo, which a closed socket ends
            backend = "nccl" if device.startswith("cuda") else "gloo"
            team._store, rank, size = next(rendezvous("env://", timeout=_MEETING))
            dist.init_process_group(
                backend,
                store=torch.distributed.distributed_c10d.PrefixStore("groups", team._store),
                rank=rank,
                world_size=size,
                timeout=LONGEST_WAIT,
            )
            team._talk = dist.new_group(backend="gloo", timeout=LONGEST_WAIT)
        return team

    @property
    def leads(self) -> bool:
        """Whether this engine is the first."""
        return self.place.leads

    @property
    def size(self) -> int:
        """Engines in all."""
        return self.place.size

    def told(self, word: _T) -> _T:
        """Return what the first engine gives; what the others give is not looked at.

        Raises:
            PeerLostError: another engine has ended.
        """
        if not self.place.shares:
            return word
        words = [word if self.leads else None]
        self._heard(lambda: dist.broadcast_object_list(words, src=0, group=self._talk))
        return words[0]  # type: ignore[return-value]

    def first(self, action: Callable[[], _T]) -> _T:
        """Do something on the first engine, and then on the others, who find what it left."""
        if not self.leads:
            self.told(None)
            return action()
        done = action()
        self.told(None)
        return done

    def gathered(self, found: list[_T]) -> list[_T]:
        """Return what all engines found, on the first one; nothing on the others.

        Raises:
            PeerLostError: another engine has ended.
        """
        if not self.place.shares:
            return found
        lists: list[Any] | None = [None] * self.size if self.leads else None
        self._heard(lambda: dist.gather_object(found, lists, dst=0, group=self._talk))
        return [one for each in lists or [] for one in each]

    def mean(self, number: float) -> float:
        """Return the mean over all engines, the same on each of them.

        Raises:
            PeerLostError: another engine has ended.
        """
        if not self.place.shares:
            return number
        total = torch.tensor(number, dtype=torch.float64)
        self._heard(lambda: dist.all_reduce(total, group=self._talk))
        return float(total) / self.size

    def say_last(self, words: str) -> None:
        """Leave words for the first engine, which learns of this one's end by itself."""
        if self._store is not None:
            self._store.set(f"{_LAST_WORDS} {self.place.rank}", words)

    def last_words(self) -> str:
        """Return what an engine said that has ended; empty if none said anything."""
        if self._store is None:
            return ""
        with suppress(RuntimeError):  # who kept the words is gone too
            for rank in range(1, self.size):
                if self._store.check([f"{_LAST_WORDS} {rank}"]):
                    return str(self._store.get(f"{_LAST_WORDS} {rank}").decode())
        return ""

    def _heard(self, exchange: Callable[[], Any]) -> None:
        try:
            exchange()
        except RuntimeError as err:
            raise lost(err) from err


def is_peer_lost(err: BaseException) -> bool:
    """Return whether an error means that another engine of the run has ended."""
    if isinstance(err, PeerLostError | dist.DistError):
        return True
    text = str(err).casefold()
    return isinstance(err, RuntimeError) and any(words in text for words in _LOST_WORDS)


def lost(err: BaseException) -> PeerLostError:
    """Return the sentence for an error that :func:`is_peer_lost` knows."""
    if isinstance(err, PeerLostError):
        return err
    return PeerLostError(
        "Another process of the run has ended, so this one ends too.",
        "Look above for what it said. Started again, the run goes on from its last checkpoint.",
        str(err),
    )


def gone(err: Exception, team: Team) -> Exception:
    """Return what an error means: the end of another engine is told by what that one said last."""
    if not is_peer_lost(err):
        return err
    words = team.last_words() if team.leads else ""
    return RunError(words, "Started again, the run goes on from there.") if words else lost(err)
