"""Margins: what vendors ask and bill, brought in by hand or by file, beside what customers are billed."""
