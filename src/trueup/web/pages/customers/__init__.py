"""The room of customers: whose usage it is, seen from the modules and from the PSA."""
