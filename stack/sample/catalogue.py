"""The whole catalogue: which objectives a team of a function may set itself."""

from __future__ import annotations

from stack.sample.catalogue_customers import CUSTOMER_THEMES
from stack.sample.catalogue_internal import INTERNAL_THEMES
from stack.sample.templates import Theme

__all__ = ["THEMES"]

THEMES: dict[str, tuple[Theme, ...]] = CUSTOMER_THEMES | INTERNAL_THEMES
"""Themes by function of a team."""
