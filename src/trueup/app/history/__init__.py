"""What was on a past day, how a line's units came to be, and what is forgotten of it."""
