"""What can go wrong when a sample organisation is written."""

from __future__ import annotations

from stack.errors import StackError

__all__ = ["SampleError"]


class SampleError(StackError):
    """The sample can't be written; the message names the option or folder, its value and what to do."""
