"""Airflow in the tests' own process: a home of its own, and the modules of airflow/plugins."""

from __future__ import annotations

import os
import sys
import tempfile

from settings import ROOT

# Airflow reads these when it is first imported, and makes its home there.
os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="okr-tests-airflow-"))
os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
os.environ.setdefault("AIRFLOW__API__BASE_URL", "http://127.0.0.1/airflow")
PLUGINS = str(ROOT / "airflow" / "plugins")
if PLUGINS not in sys.path:
    sys.path.append(PLUGINS)
