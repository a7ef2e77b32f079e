"""The application without a face: QtCore, threads, processes and stores; no widgets, no torch."""
