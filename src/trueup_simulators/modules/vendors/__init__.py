"""The vendors, a file each; shapes from public documents."""
