"""Graft Studio: fine-tune a language model on your own workstation by point and click."""

__version__ = "0.1.0"
