"""Push: usage that a program sends, as CloudEvents, for modules that nobody can ask."""
