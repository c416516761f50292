"""Work that nobody waits for: the port, and the twin that runs inside of one process."""
