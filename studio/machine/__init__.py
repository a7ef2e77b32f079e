"""What this computer is: cards, memory, disk, models on it, processes; no Qt, no torch."""
