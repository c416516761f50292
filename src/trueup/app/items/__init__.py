"""One item across all modules: on which days it was counted, and which lines bill it."""
