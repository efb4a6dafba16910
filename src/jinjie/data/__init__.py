"""Where data comes from and how it becomes batches. One file a kind of data; NumPy and polars, no torch."""
