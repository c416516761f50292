"""Late and corrected usage: what arrived after its day, what closed days owe for it, and what the PSA then billed."""
