"""Use cases: each reads through the store and the ports, lets the core decide, and writes down what was done."""
