from __future__ import annotations

import sys

from settings import ROOT

# A folder of files that is run as a script: its modules find one another there.
sys.path.insert(0, str(ROOT / "dbt_project" / "portability"))
