"""When modules are collected, how each of them stands, and the round that a night makes of it."""
