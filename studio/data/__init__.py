"""Datasets: the SQLite store, readers, writers and checks; no Qt, no torch."""
