"""IAFA, the Inspiration-to-Action Funnel Analyzer: product analytics over Parquet files, metadata with history."""

__version__ = "0.1.0"
