"""Other products' messages as ours: pure functions, a module for each shape that is taken."""
