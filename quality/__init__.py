"""Great Expectations at the two doors of the warehouse: what comes in, and what the model is given."""

from __future__ import annotations

import os

# Great Expectations reads this once, when it is first imported.
os.environ["GX_ANALYTICS_ENABLED"] = "false"
