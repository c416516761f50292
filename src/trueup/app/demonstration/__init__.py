"""The demonstration: a generated MSP with many tools, and the whole job played on it.

`standing` starts its simulators and a new store, `connecting` makes the connections, `nights` plays what happens
between the collections, `following` sets the rules, `sources` tells how each module stands and which lines wait for it,
`proof` compares the plan with the PSA's own dump, and `playing` puts the steps in order.
"""
