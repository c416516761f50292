"""The room of the plan: what waits, what changes, why; approve, write, read back, take back."""
