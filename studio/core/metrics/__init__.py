"""How good an answer is beside the one that was written, in numbers; standard library only."""
