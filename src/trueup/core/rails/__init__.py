"""What must not be written without a person's word."""
