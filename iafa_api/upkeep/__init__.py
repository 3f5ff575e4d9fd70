"""What an operator does to a data directory as a whole: check it, copy it, restore it, make derived files anew."""
