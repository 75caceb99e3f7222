"""The sample organisation: CSV exports of a company that does not exist, drawn from a seed.

Paths are drawn first, then what owners see and report, then what graders make of it.
"""

from __future__ import annotations

from stack.sample.errors import SampleError
from stack.sample.options import SampleOptions
from stack.sample.organisation_files import SampleSummary, write

__all__ = ["SampleError", "SampleOptions", "SampleSummary", "write"]
