"""Forecasts: will a key result be attained at close, how sure is that, and by whom was it judged."""
