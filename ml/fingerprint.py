"""Digests: of what a training decided on, and of the row a forecast was made from."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import sklearn

from ml.parameters import Parameters

__all__ = ["code_version", "feature_row", "of_row", "of_training"]


def code_version() -> str:
    """Digest of this package's code and of the library that fits the models."""
    digest = hashlib.sha256(f"scikit-learn {sklearn.__version__}".encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def of_training(rows: pd.DataFrame, parameters: Parameters) -> str:
    """SHA-256 over the rows that are learned from, their labels, the parameters and the code.

    The order of rows and the date of the training do not count: the same knowledge gives the same digest.
    """
    names = [
        "key_result_key", "objective_key", "lineage_key", "as_of_date", "checkpoint", "cycle_start_date",
        "cycle_end_date", *parameters.features, "attained", "label_available_at",
    ]  # fmt: skip
    hashes = pd.util.hash_pandas_object(rows[names], index=False).sort_values().to_numpy()
    digest = hashlib.sha256(hashes.tobytes())
    digest.update(parameters.model_dump_json().encode())
    digest.update(code_version().encode())
    return digest.hexdigest()


def feature_row(row: Mapping[str, Any], names: Iterable[str]) -> dict[str, float | str | None]:
    """The named features of a row as JSON can hold them; nothing stays nothing."""
    plain: dict[str, float | str | None] = {}
    for name in names:
        value = row[name]
        if isinstance(value, str):
            plain[name] = value
        else:
            number = float(value)
            plain[name] = None if math.isnan(number) else number
    return plain


def of_row(features: Mapping[str, float | str | None]) -> str:
    """SHA-256 of a feature row, whatever the order of its names."""
    return hashlib.sha256(json.dumps(features, sort_keys=True).encode()).hexdigest()
