"""Both doors on warehouses that were filled and built by the product itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from quality.doors import Door, check_door
from settings import Settings

pytestmark = [pytest.mark.postgres, pytest.mark.kafka, pytest.mark.slow]


def filled_settings(warehouse: Settings, filled: Any, home: Path) -> Settings:
    postgres = warehouse.postgres.model_copy(update={"database": filled.name})
    return Settings(postgres=postgres, home=home, as_of=filled.as_of)


@pytest.mark.parametrize("door", list(Door))
def test_the_sample_organisation_passes_both_doors(
    warehouse: Settings, sample_filled: Any, tmp_path: Path, door: Door
) -> None:
    verdict = check_door(filled_settings(warehouse, sample_filled, tmp_path), door).verdict
    assert [found.line() for found in verdict.unmet(critical=True)] == []
    assert len(verdict.findings) > 30


@pytest.mark.parametrize("door", list(Door))
def test_the_public_files_close_no_door(
    warehouse: Settings, real_filled: Any, tmp_path: Path, door: Door
) -> None:
    verdict = check_door(filled_settings(warehouse, real_filled, tmp_path), door).verdict
    assert [found.line() for found in verdict.unmet(critical=True)] == []
