"""The key that protects secrets: a new one takes over while everything runs."""
