"""What other products export, as our events and calls: a module for each product, and one that reads the files."""
