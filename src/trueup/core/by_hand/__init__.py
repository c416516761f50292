"""Units that somebody else changes in the PSA."""
