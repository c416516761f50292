"""The plan of a line, and what can only be seen over all lines together."""
