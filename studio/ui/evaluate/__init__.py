"""The Evaluate half of the Chat page: what an adapter gained on held-out rows, in numbers."""
