"""Many signals become one batch."""

from __future__ import annotations

import json

import pytest
from okr_gathering import Gathering


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def signal(outbox_id: int, kind: str = "file_published", dataset: str | None = "check_ins") -> bytes:
    payload = {"dataset": dataset} if dataset else {}
    return json.dumps({"outbox_id": outbox_id, "signal": kind, "payload": payload}).encode()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def gathering(clock: Clock) -> Gathering:
    return Gathering(["file_published"], quiet_seconds=3, patience_seconds=10, clock=clock)


def test_nothing_is_due_before_it_is_quiet(gathering: Gathering, clock: Clock) -> None:
    gathering.add(0, 0, signal(7))
    clock.now += 2
    gathering.add(0, 1, signal(9, dataset="objectives"))
    clock.now += 2
    assert gathering.cut() is None
    clock.now += 1
    batch = gathering.cut()
    assert batch is not None
    assert batch.positions == {0: 2}
    assert batch.facts == {
        "kinds": {"file_published": 2},
        "datasets": ["check_ins", "objectives"],
        "first_outbox_id": 7,
        "last_outbox_id": 9,
        "count": 2,
    }
    assert gathering.cut() is None


def test_patience_ends(gathering: Gathering, clock: Clock) -> None:
    """Signals that never stop still start something."""
    batches = []
    for number in range(30):
        gathering.add(0, number, signal(number))
        clock.now += 1
        batches += [batch for batch in [gathering.cut()] if batch]
    assert [batch.facts["count"] for batch in batches if batch.facts] == [10, 10, 10]


def test_other_kinds_only_move_the_position(gathering: Gathering) -> None:
    gathering.add(1, 41, signal(3, kind="build_done", dataset=None))
    batch = gathering.cut()
    assert batch is not None
    assert (batch.facts, batch.positions) == (None, {1: 42})


def test_other_kinds_do_not_prolong_the_wait(gathering: Gathering, clock: Clock) -> None:
    gathering.add(0, 0, signal(1))
    clock.now += 2.9
    gathering.add(0, 1, signal(2, kind="build_done"))
    clock.now += 0.2
    batch = gathering.cut()
    assert batch is not None
    assert batch.facts and batch.facts["count"] == 1
    assert batch.positions == {0: 2}


@pytest.mark.parametrize(
    "value",
    [None, b"", b"[]", b"not JSON", b'{"signal": "file_published"}', b'{"signal": 1, "outbox_id": "x"}'],
)
def test_what_is_no_signal_is_said_and_passed_over(
    gathering: Gathering, value: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    gathering.add(2, 5, value)
    batch = gathering.cut()
    assert batch is not None
    assert (batch.facts, batch.positions) == (None, {2: 6})
    assert "Partition 2 offset 5" in caplog.text
