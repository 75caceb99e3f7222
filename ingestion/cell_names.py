"""Names of a file's cells: those they have in okr_raw.records, and those its dataset knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingestion.datasets import Dataset, load_catalogue
from ingestion.errors import IngestionError

__all__ = ["cell_names", "named_by_hand"]


def cell_names(file: Mapping[str, Any]) -> list[str]:
    """Names of the cells in okr_raw.records, in the order of the header."""
    if file["cell_names"]:
        return [old for old, _ in file["cell_names"]]
    header = list(file["header"] or [])
    recognition = load_catalogue().recognise(header)
    dataset = recognition.dataset
    if dataset is None or dataset.name != file["dataset"]:
        return header
    return [dataset.cell_name(name) for name in header]


def named_by_hand(
    file: Mapping[str, Any], wanted: str | None, renamed: Mapping[str, str]
) -> tuple[Dataset, list[list[str]], list[str]]:
    """Dataset, pairs of a cell's name as it is and as the dataset knows it, and what is missing.

    Without a wanted dataset the header is recognised anew: datasets.yml may have learnt it meanwhile.
    """
    old = cell_names(file)
    if unknown := set(renamed) - set(old):
        raise IngestionError(
            f"no column '{min(unknown)}' in '{file['path']}': its columns are {', '.join(old)}"
        )
    # What was said before of the same dataset goes on, unless it is said otherwise now.
    said = dict(file["cell_names"] or []) if wanted in (None, file["dataset"]) else {}
    header = [renamed.get(name, said.get(name, name)) for name in old]
    dataset = _dataset(file, wanted, header)
    new = [dataset.cell_name(name) for name in header]
    if len(set(new)) < len(new):
        twice = next(name for name in new if new.count(name) > 1)
        raise IngestionError(f"'{file['path']}' would have column '{twice}' twice: --column names each once")
    missing = dataset.missing(header)
    if without := [column for column in missing if column in dataset.identity]:
        raise IngestionError(
            f"a row of {dataset.name} is known by {', '.join(dataset.identity)}, and '{file['path']}' has no "
            f"{without[0]}: say which column it is with --column NAME={without[0]}"
        )
    return dataset, [list(pair) for pair in zip(old, new, strict=True)], missing


def _dataset(file: Mapping[str, Any], wanted: str | None, header: list[str]) -> Dataset:
    catalogue = load_catalogue()
    if wanted is None:
        recognition = catalogue.recognise(header)
        if recognition.dataset is None:
            raise IngestionError(
                f"'{file['path']}' is still unknown ({recognition.reason}): name a dataset of datasets.yml"
            )
        return recognition.dataset
    layouts = [dataset for dataset in catalogue.datasets if dataset.name == wanted]
    if not layouts:
        names = ", ".join(sorted({dataset.name for dataset in catalogue.datasets}))
        raise IngestionError(f"no dataset '{wanted}' in datasets.yml: there are {names}")
    return max(layouts, key=lambda dataset: dataset.likeness(header))
