"""Running beside a clerk or another tool: what was compared, and lines that somebody else keeps changing."""
