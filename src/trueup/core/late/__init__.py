"""Usage that comes late or again, and what the PSA then billed."""
