"""Cross-source checks: what one module has and another lacks."""
