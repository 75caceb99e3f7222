"""`okr run`: the stages from file to forecast, what they report, and the result."""
