"""Unbilled usage: found in what is known now, muted by a person, shown with its amount first."""
