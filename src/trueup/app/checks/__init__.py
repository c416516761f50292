"""Cross-source checks: defined with their faults shown, worked out on what was collected, counted day by day."""
