"""From usage, rules and units to a plan, its explanation and its approval."""
