"""What is expected at each door: one module a door, limits in one place."""
