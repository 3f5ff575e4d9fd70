"""The way of a visitor's event from the door to Parquet: checked, durable in the buffer, flushed once."""
