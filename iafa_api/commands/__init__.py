"""What the `iafa` command does, a module for each command that is more than a few lines."""
