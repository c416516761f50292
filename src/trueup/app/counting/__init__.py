"""What is counted: billing types, metrics of one's own, and expressions tried before they are saved."""
