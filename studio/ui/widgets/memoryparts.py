"""What the memory bar shows, as values: parts in GiB, the card, the predicted range."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MemoryPart:
    """One part of the card's memory.

    Attributes:
        tone: the colour token of the part; "others" is drawn hatched.
        gib: size in GiB.
        formula: how the size was found, as shown to the user.
    """

    family: str
    name: str
    tone: str
    gib: float
    formula: str = ""

    def spoken(self) -> str:
        """Return the part as a sentence."""
        return f"{self.name}, {self.gib:.2f} GiB" + (f": {self.formula}" if self.formula else "")


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """A predicted peak: parts from the left, the card, the range (low, high), all in GiB."""

    parts: tuple[MemoryPart, ...]
    card_gib: float
    range_gib: tuple[float, float]

    @property
    def total_gib(self) -> float:
        """Return the sum of all parts."""
        return sum(part.gib for part in self.parts)

    def families(self) -> dict[str, list[MemoryPart]]:
        """Return the parts by family, in the order of the bar."""
        found: dict[str, list[MemoryPart]] = {}
        for part in self.parts:
            found.setdefault(part.family, []).append(part)
        return found

    def spoken(self) -> str:
        """Return the plan as a sentence."""
        if not self.parts:
            return "No prediction yet"
        spare = self.card_gib - self.total_gib
        verdict = f"fits, with {spare:.1f} to spare" if spare >= 0 else f"{-spare:.1f} too much"
        sums = (f"{name} {sum(p.gib for p in ps):.1f}" for name, ps in self.families().items())
        return f"{self.total_gib:.1f} of {self.card_gib:.1f} GiB, {verdict}; {', '.join(sums)}"
