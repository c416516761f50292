"""When a module is asked: the one moment of each night, and the next attempt after one that failed."""
