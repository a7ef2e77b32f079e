"""Widgets and pages; imports app and what lies below it, never the engine."""
