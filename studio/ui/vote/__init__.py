"""The Vote part of the Chat page: which answer is better, without knowing whose it is."""
