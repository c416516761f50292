"""Comparing with a clerk or another tool."""
