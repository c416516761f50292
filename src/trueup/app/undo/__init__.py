"""Taking back what a run wrote, as a plan like any other."""
