"""What was done, by whom and when: runs with their lines, and everything that is on record as one story."""
