"""Simulation on history: rules tried on past months, kept as they were shown, and put in force by one approval."""
