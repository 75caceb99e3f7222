"""Data Docs: the pages people open to see what was checked, run by run."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from great_expectations.data_context.data_context.ephemeral_data_context import EphemeralDataContext
from great_expectations.data_context.types.base import DataContextConfig, ProgressBarsConfig
from great_expectations.data_context.types.resource_identifiers import ExpectationSuiteIdentifier

__all__ = ["RUNS_KEPT", "build_site", "context_config", "forget_old_runs"]

RUNS_KEPT = 20
SITE = "okr"
REMOTE_LOGO = re.compile(r"https://great-expectations-web-assets[^\"']*")


def context_config(folder: Path) -> DataContextConfig:
    """A context that keeps suites, results and pages under `folder`, and nowhere how it signs in."""

    def store(class_name: str, subfolder: str | None = None) -> dict[str, Any]:
        memory = {"class_name": "InMemoryStoreBackend"}
        files = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder / str(subfolder))}
        return {"class_name": class_name, "store_backend": files if subfolder else memory}

    return DataContextConfig(
        stores={
            "expectations": store("ExpectationsStore", "suites"),
            "validation_results": store("ValidationResultsStore", "results"),
            "checkpoint_store": store("CheckpointStore"),
            "validation_definition_store": store("ValidationDefinitionStore"),
        },
        expectations_store_name="expectations",
        validation_results_store_name="validation_results",
        checkpoint_store_name="checkpoint_store",
        data_docs_sites={
            SITE: {
                "class_name": "SiteBuilder",
                "show_how_to_buttons": False,
                "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
                "store_backend": {
                    "class_name": "TupleFilesystemStoreBackend",
                    "base_directory": str(folder / "site"),
                },
            }
        },
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False, metric_calculations=False),
    )


def build_site(
    context: EphemeralDataContext, folder: Path, results: Sequence[Any], suites: Sequence[str]
) -> None:
    """Render this run's pages and the index over all kept runs."""
    identifiers = [*results, *(ExpectationSuiteIdentifier(name=name) for name in suites)]
    started = time.time()
    context.build_data_docs(site_names=[SITE], resource_identifiers=identifiers)
    site = folder / "site"
    for page in site.rglob("*.html"):
        if page.stat().st_mtime >= started - 1:
            _without_tracker(page, site)


def forget_old_runs(folder: Path) -> None:
    """Delete the results of all but the newest runs of each suite; their pages go with the next index."""
    for suite in (folder / "results").glob("*/*"):
        runs = sorted((run for run in suite.iterdir() if run.is_dir()), key=lambda run: run.name)
        for run in runs[: -RUNS_KEPT + 1]:
            shutil.rmtree(run)


def _without_tracker(page: Path, site: Path) -> None:
    """Take the logo from the site itself: GX fetches it from its makers with an id of the installation."""
    local = Path(os.path.relpath(site / "static" / "images" / "logo-long.png", page.parent)).as_posix()
    text = page.read_text(encoding="utf-8")
    page.write_text(REMOTE_LOGO.sub(local, text), encoding="utf-8")
