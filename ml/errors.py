"""Errors of this part; the command line turns each into one line.

MlError
├── FeatureError     the features or labels are missing, or not what was promised
├── LeakError        a fold holds something the test cycle must not share
├── ParameterError   parameters.yml holds something that is not allowed
└── RegistryError    no champion, no earlier champion, or no such version
"""

from __future__ import annotations

__all__ = ["FeatureError", "LeakError", "MlError", "ParameterError", "RegistryError"]


class MlError(Exception):
    """Something went wrong that a user can understand; the text names it and says what to do."""


class FeatureError(MlError):
    """The feature or label table is missing, lacks a column, or holds a value that is not allowed."""


class LeakError(MlError):
    """A fold would let a forecaster see what lay in its future."""


class ParameterError(MlError):
    """`ml/parameters.yml` holds a value that is not allowed."""


class RegistryError(MlError):
    """The model registry has no such model, version or alias."""
