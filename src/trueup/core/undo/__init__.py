"""Taking back what a run wrote."""
