"""Rules played over past months, beside what was billed."""
