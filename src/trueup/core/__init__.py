"""The language and the rules of Trueup: pure functions over frozen values; no I/O, no clock, Decimal only."""
