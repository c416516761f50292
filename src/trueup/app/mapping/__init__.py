"""Whose usage it is: which organization of a module is which customer of the PSA."""
