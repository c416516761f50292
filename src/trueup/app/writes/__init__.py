"""Approved changes go to the PSA, each once: intents, sending, settling, reading back."""
