"""The `okr` command: embedded Postgres and Kafka, the run from file to forecast, ways to look at it."""
