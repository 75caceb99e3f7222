"""How tests are spread over workers, where asked for (`pytest -n 2`): a folder whole to one of them."""

from __future__ import annotations

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

LONGEST_FOLDERS = ("whole_system", "ingestion", "warehouse", "chaos", "main_job", "elsewhere", "roles")


class FolderScheduling(LoadScopeScheduling):
    """Tests of a folder share servers, and the order in which they use them."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.split("/")[1]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FolderScheduling:
    """Whatever `--dist` says; folders go out in the order of collection."""
    config.option.loadscopereorder = False
    return FolderScheduling(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes minutes begins, so that no worker is left alone with it at the end."""
    if not hasattr(config, "workerinput"):
        return

    def place(item: pytest.Item) -> int:
        folder = item.nodeid.split("/")[1]
        return LONGEST_FOLDERS.index(folder) if folder in LONGEST_FOLDERS else len(LONGEST_FOLDERS)

    items.sort(key=place)
