"""Whose usage a line counts, and which items of it."""
