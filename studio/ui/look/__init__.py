"""Colours, type, icons and the theme: the only place where the look is spelled."""
