"""Vendor prices, commitments and invoices beside what is used and billed."""
