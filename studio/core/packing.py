"""Which rows share a sequence, so that nothing of a batch is padding: a function of lengths alone."""

from __future__ import annotations

from collections.abc import Sequence


def pack(lengths: Sequence[int], room: int) -> list[list[int]]:
    """Return the sequences as lists of positions of rows; every row is in exactly one.

    Longest first, each row goes into the fullest sequence that has room for it. As nothing else
    goes in, every epoch and every resume has the same sequences, and so the same number of steps.

    Args:
        lengths: tokens of each row; one longer than the room has a sequence to itself.
        room: tokens of a sequence.
    """
    sequences: list[list[int]] = []
    with_room: dict[int, list[int]] = {}  # free tokens → numbers of sequences
    known = 0  # a bit for each number of free tokens that some sequence has
    for row in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        length = lengths[row]
        fitting = known >> length << length
        if fitting:
            free = (fitting & -fitting).bit_length() - 1
            number = with_room[free].pop(0)
            if not with_room[free]:
                known ^= 1 << free
            sequences[number].append(row)
        else:
            free, number = max(room, length), len(sequences)
            sequences.append([row])
        left = free - length
        with_room.setdefault(left, []).append(number)
        known |= 1 << left
    return sequences
