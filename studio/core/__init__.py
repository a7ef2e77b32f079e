"""Values and pure functions; the standard library and nothing else."""
