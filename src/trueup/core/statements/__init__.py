"""Statements: what a customer was billed for in a month, and why, sealed so that an alteration shows."""
