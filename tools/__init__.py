"""Checks and generators for people who work on Trueup; not part of the wheel."""
