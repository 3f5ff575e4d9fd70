"""The questions: an engine that counts, and plain code that turns counts into rates."""
