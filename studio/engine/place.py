"""Which of several engines this one is; a launcher that starts them tells each by its environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from studio.core.problems import RunError


class PeerLostError(RunError):
    """Another engine of the run has ended; nothing can be added up any more."""


@dataclass(frozen=True, slots=True)
class Place:
    """The place of one engine among those that share a run.

    Attributes:
        rank: counts from 0; the first leads.
        size: engines in all.
        local: counts those of this computer from 0.
    """

    rank: int = 0
    size: int = 1
    local: int = 0

    @property
    def leads(self) -> bool:
        """Whether this engine holds the lock, writes what the run leaves, and decides."""
        return self.rank == 0

    @property
    def shares(self) -> bool:
        """Whether there are others."""
        return self.size > 1


ALONE = Place()


def place_of(environment: Mapping[str, str]) -> Place:
    """Return the place that ``accelerate launch`` or ``torchrun`` gave this process.

    Raises:
        RunError: the launcher's numbers are none.
    """
    names = ("RANK", "WORLD_SIZE", "LOCAL_RANK")
    told = [environment.get(name, "") for name in names]
    if not all(told[:2]):
        return ALONE
    try:
        rank, size, local = (int(number or 0) for number in told)
    except ValueError:
        rank, size, local = -1, 0, 0
    if not 0 <= rank < size or local < 0:
        raise RunError(
            f"The launcher's environment makes no sense: {' '.join(names)} are {' '.join(told)}.",
            "Start the run with accelerate launch or torchrun, or without either.",
        )
    return Place(rank, size, local)
