"""From units to dated changes: timing, posted periods, renewals, and what a look at the PSA proves."""
