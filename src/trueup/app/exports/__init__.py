"""What is handed out as a file: cells that no spreadsheet runs as formulas."""
