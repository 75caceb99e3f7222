"""The commands of `okr`, one module each."""
