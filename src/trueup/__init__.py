"""Trueup keeps recurring contracts in a PSA in step with what customers really use."""
