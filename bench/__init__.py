"""Figures counted, each against its lower bound or its peer in the same run: `make bench`."""
