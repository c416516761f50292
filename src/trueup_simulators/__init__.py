"""Local HTTP servers that stand in for a PSA and for modules. Imports nothing of trueup, on purpose."""
