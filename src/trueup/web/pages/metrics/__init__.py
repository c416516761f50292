"""The room of metrics: what is counted, its values and history, and numbers of one's own."""
