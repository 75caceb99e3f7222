"""Errors of the `okr` command; each text is one line that says what is wrong and what to do."""

from __future__ import annotations

__all__ = ["BusyError", "DownloadError", "PortTakenError", "ServiceError", "StackError"]

# StackError
# ├── ServiceError
# │   ├── PortTakenError
# │   └── DownloadError
# └── BusyError


class StackError(Exception):
    """What a user asked for cannot be done."""


class ServiceError(StackError):
    """An embedded server does not start, answer or stop."""


class PortTakenError(ServiceError):
    """Something that is not ours listens on a server's port."""


class DownloadError(ServiceError):
    """A file the broker is made of could not be fetched, or is not the one that was locked."""


class BusyError(StackError):
    """Another `okr` command is at work on the same warehouse."""
