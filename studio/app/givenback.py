"""What a process of ours would give back to a run: the chat ends before a run starts."""

from __future__ import annotations

from studio.core.recipe import Recipe
from studio.machine.devices import MachineReading


def held_by(reading: MachineReading | None, recipe: Recipe, pid: int) -> int:
    """Return the bytes that a process holds of the memory that a recipe would use.

    Args:
        reading: the machine; 0 is returned before the first reading.
        recipe: says where it trains.
        pid: of the process; 0 for none.
    """
    if reading is None or not pid:
        return 0
    memory = reading.memory(recipe.device, recipe.card, recipe.gpus)
    return sum(holder.bytes or 0 for holder in memory.holders if holder.pid == pid)
