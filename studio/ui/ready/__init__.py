"""The Readiness part of the Chat page."""
