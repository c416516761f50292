"""Reports: recurring amounts and units over time, what changed since last month, what each run corrected."""
