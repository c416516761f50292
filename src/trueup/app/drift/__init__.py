"""Edits by hand: found between two plans, and decided by a policy or a person."""
