"""Statements for customers: gathered from what was counted and written, written as PDF, XLSX and CSV, sealed."""
