"""What the words mean: frozen values and the rules over them. No input or output, no clock."""
