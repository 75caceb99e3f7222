"""The API: who may see what, the pages at `/`, and JSON under `/api`."""
