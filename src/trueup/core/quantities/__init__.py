"""From usage by day to whole units: the quantity policy, groups and copies."""
