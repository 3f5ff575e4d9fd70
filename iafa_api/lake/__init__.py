"""The stored events: Parquet files, and the manifest that makes them true."""
