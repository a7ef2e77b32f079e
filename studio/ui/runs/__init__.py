"""The parts of the Runs page: its cells, curves side by side, comparisons, words and the queue."""
