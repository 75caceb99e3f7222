"""Moves CSV files through Kafka into the warehouse, exactly once, cut as Kafka Connect cuts it."""
