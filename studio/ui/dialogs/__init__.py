"""Dialogs: questions that cannot be undone, and pages of reference."""
