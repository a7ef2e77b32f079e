"""Child processes; the only place that imports torch and its companions; no Qt."""
