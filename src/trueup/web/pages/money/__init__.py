"""The room of money: usage that nobody bills, checks across modules, margins, reports."""
