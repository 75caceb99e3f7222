"""Disturbances of a load: what is killed or stopped, when, how, and for how long."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

import psutil

from stack.bench.breakable import BreakableWarehouse
from stack.bench.loader import Loader

__all__ = ["Disturbance", "Disturber", "plan"]

TARGETS = ("loader", "task", "task", "broker", "postgres")
FEWEST, MOST = 3, 6
KILLED_SECONDS = (0.1, 2.0)
STOPPED_SECONDS = (0.5, 5.0)
OVERTAKEN = 0.5
EARLY = (0.05, 0.25)


@dataclass(frozen=True, slots=True)
class Disturbance:
    """One: `at` seconds after the round began, for `seconds`; `lot` picks one of several tasks."""

    at: float
    target: str
    how: str
    seconds: float
    lot: float


def plan(seed: str, number: int, kind: str, span: float) -> list[Disturbance]:
    """Disturbances of one round at random moments of `span` seconds, in their order.

    The first comes early, so that no load is over before it, and its target goes round with the rounds.
    """
    dice = Random(seed)
    first = TARGETS[number // 2 % len(TARGETS)]
    found = [_draw(dice, kind, first, dice.uniform(*EARLY) * span)]
    for _ in range(dice.randint(FEWEST, MOST) - 1):
        found.append(_draw(dice, kind, dice.choice(TARGETS), dice.uniform(EARLY[0], 1) * span))
    return sorted(found, key=lambda each: each.at)


def _draw(dice: Random, kind: str, target: str, at: float) -> Disturbance:
    how = dice.choice(("kill", "stop"))
    if (target, how, kind) == ("loader", "stop", "load") and dice.random() < OVERTAKEN:
        how = "overtake"
    seconds = dice.uniform(*(KILLED_SECONDS if how == "kill" else STOPPED_SECONDS))
    return Disturbance(at, target, how, seconds, dice.random())


@dataclass(slots=True)
class Disturber:
    """Carries out the disturbances of a round as their time comes, and mends what each has broken."""

    warehouse: BreakableWarehouse
    loader: Loader
    waiting: list[Disturbance]
    done: list[str] = field(default_factory=list)
    mended_at: float = 0.0
    began: float = field(default_factory=time.monotonic)
    _mends: list[tuple[float, str, Callable[[], object]]] = field(default_factory=list)

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is broken just now."""
        return not self._mends

    def is_broken(self, target: str) -> bool:
        """Whether a target is killed or stopped just now."""
        return any(which == target for _, which, _ in self._mends)

    def now(self) -> float:
        """Seconds since the round began."""
        return time.monotonic() - self.began

    def advance(self) -> None:
        """Do what is due."""
        while self.waiting and self.waiting[0].at <= self.now():
            self._disturb(self.waiting.pop(0), self.now())
        self._mend([each for each in self._mends if each[0] <= self.now()])

    def mend_all(self) -> None:
        """Disturb no more, and mend at once what is broken."""
        self.waiting.clear()
        self._mend(list(self._mends))

    def _mend(self, due: list[tuple[float, str, Callable[[], object]]]) -> None:
        for mend in due:
            mend[2]()
            self._mends.remove(mend)
            self.mended_at = self.now()

    def _disturb(self, what: Disturbance, now: float) -> None:
        target, hit = self._choose(what)
        if not hit:
            return
        name = self._name(target, hit[0])
        until = now + what.seconds
        if what.how == "overtake" and target == "loader":
            self._mends.append((until, target, _resume(self.loader.overtake())))
            self.done.append(f"{now:.1f} s {name} stopped for {what.seconds:.1f} s and overtaken by another")
        elif what.how == "kill":
            _signal(hit[0].kill)
            self._mends.append((until, target, self._starter(target)))
            self.done.append(f"{now:.1f} s {name} killed")
        else:
            for each in hit:
                _signal(each.suspend)
            self._mends.append((until, target, _resume(hit)))
            self.done.append(f"{now:.1f} s {name} stopped for {what.seconds:.1f} s")

    def _choose(self, what: Disturbance) -> tuple[str, list[psutil.Process]]:
        """The target a disturbance is for, or the next one, where that is broken already or not there yet."""
        first = TARGETS.index(what.target)
        for target in (*TARGETS[first:], *TARGETS[:first]):
            if not self.is_broken(target) and (hit := self._processes(target, what.lot)):
                return target, hit
        return what.target, []

    def _processes(self, target: str, lot: float) -> list[psutil.Process]:
        """What a disturbance hits; the first alone where it kills."""
        if target == "loader":
            return self.loader.main()
        if target == "task":
            tasks = self.loader.tasks()
            return [tasks[int(lot * len(tasks))]] if tasks else []
        server = self.warehouse.kafka if target == "broker" else self.warehouse.postgres
        process = server.process()
        return [process, *process.children(recursive=True)] if process else []

    def _name(self, target: str, process: psutil.Process) -> str:
        if target == "task":
            with contextlib.suppress(psutil.NoSuchProcess):
                return f"task {process.name()}"
        return self.loader.kind if target == "loader" else target

    def _starter(self, target: str) -> Callable[[], object]:
        """What starts a killed target again; a task is the loader's own to start."""
        if target == "loader":
            return self.loader.start_missing
        if target == "task":
            return lambda: None
        return (self.warehouse.kafka if target == "broker" else self.warehouse.postgres).start


def _resume(stopped: list[psutil.Process]) -> Callable[[], object]:
    def resume() -> None:
        for each in stopped:
            _signal(each.resume)

    return resume


def _signal(send: Callable[[], object]) -> None:
    """A process may have ended by itself in this very moment."""
    with contextlib.suppress(psutil.NoSuchProcess):
        send()
