"""One task under the worker's eyes: its process, its state, its restarts."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from typing import Any

import psutil
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    stop_never,
    wait_exponential_jitter,
)
from tenacity.nap import sleep_using_event

from ingestion.connector import SinkConnector, SourceConnector
from ingestion.errors import IngestionError, RetriableError
from ingestion.restart_policy import RestartPolicy
from ingestion.task_process import ERRORS, run_task
from ingestion.task_status import TaskStatus

__all__ = ["AnyConnector", "SupervisedTask"]

logger = logging.getLogger(__name__)

AnyConnector = SourceConnector | SinkConnector
LISTEN_SECONDS = 0.25
LOOK_SECONDS = 2.0
# A process that a signal has stopped for so long is ended: what it holds open keeps others waiting.
STOPPED_SECONDS = 30.0


class _UnhealthyError(RetriableError):
    """A task process ended otherwise than it should."""


class SupervisedTask:
    """Runs a task's process, again and again by the policy, until it has ended well, failed or is stopped."""

    def __init__(
        self,
        connector: AnyConnector,
        config: Mapping[str, Any],
        policy: RestartPolicy,
        context: ForkServerContext,
        tell: Callable[[dict[str, Any]], None],
    ) -> None:
        self.status = TaskStatus(connector.name, config["task.id"])
        self.failure: IngestionError | None = None
        self.grace = 15.0
        self._connector = connector
        self._config = dict(config)
        self._policy = policy
        self._context = context
        self._tell = tell
        self._stopping = threading.Event()
        self._paused = threading.Event()
        self._again = threading.Event()
        self._requests: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._supervise, daemon=True)

    def start(self) -> None:
        """Start it; also again, after it has failed."""
        self.failure = None
        if self._thread.ident is not None:
            self._thread = threading.Thread(target=self._supervise, daemon=True)
        self._thread.start()

    def is_alive(self) -> bool:
        """Whether it is still at work, or will be."""
        return self._thread.is_alive()

    def ask(self, request: dict[str, Any]) -> None:
        """Pass a request to the process that runs now; the next one does not know it."""
        self._requests.put(request)

    def pause(self) -> None:
        """End the process until `resume`."""
        self._paused.set()

    def resume(self) -> None:
        """Go on after `pause`."""
        self._paused.clear()

    def restart(self) -> None:
        """End the process and start another; a failed task is started."""
        if not self.is_alive():
            self.start()
        elif not self._paused.is_set():
            self.status.state = "RESTARTING"
            self._again.set()

    def stop(self) -> None:
        """Ask it to stop; a process that has not after `grace` seconds is killed."""
        self._stopping.set()

    def join(self, timeout: float) -> None:
        """Wait until it has ended."""
        self._thread.join(timeout)

    def _supervise(self) -> None:
        try:
            while not self._stopping.is_set():
                if self._paused.is_set():
                    self.status.state = "PAUSED"
                    self._stopping.wait(LISTEN_SECONDS)
                elif self._keep_running():
                    break
            self.status.state = "UNASSIGNED"
        except IngestionError as problem:
            self.status.state, self.status.trace, self.failure = "FAILED", str(problem), problem
            # A command that gives up says so itself, in its last line.
            level = logging.ERROR if self._policy.attempts is None else logging.DEBUG
            logger.log(
                level, "connector=%s task=%d failed: %s", self.status.connector, self.status.task, problem
            )

    def _keep_running(self) -> bool:
        """Run until the task has ended well (True), or counting begins anew (False)."""
        policy = self._policy
        retrying = Retrying(
            retry=retry_if_exception_type(_UnhealthyError),
            wait=wait_exponential_jitter(multiplier=policy.first, max=policy.longest, jitter=0.3),
            stop=stop_never if policy.attempts is None else stop_after_attempt(policy.attempts),
            sleep=sleep_using_event(self._stopping),
            before_sleep=self._note_failure,
            reraise=True,
        )
        for attempt in retrying:
            with attempt:
                began = time.monotonic()
                try:
                    self._run_process()
                    return not self._is_to_go_on()
                except _UnhealthyError as problem:
                    self.status.failures += 1
                    if self._stopping.is_set():
                        return True
                    if self._is_to_go_on() or time.monotonic() - began > policy.healthy:
                        self._count_restart(str(problem))
                        return False
                    raise
        return True

    def _is_to_go_on(self) -> bool:
        """Whether it ended because it was asked to, and is to run again."""
        if self._again.is_set():
            self._again.clear()
            self.status.restarts += 1
            return True
        return self._paused.is_set()

    def _note_failure(self, state: RetryCallState) -> None:
        wait = state.next_action.sleep if state.next_action else 0.0
        self._count_restart(str(state.outcome.exception()) if state.outcome else "", wait)

    def _count_restart(self, reason: str, wait: float = 0.0) -> None:
        status = self.status
        status.state, status.restarts, status.trace = "RESTARTING", status.restarts + 1, reason
        who = {"connector": status.connector, "task": status.task}
        logger.warning("connector=%s task=%d restarts in %.1f s: %s", *who.values(), wait, reason)
        self._tell({"event": "restart", **who, "reason": reason, "wait": wait})

    def _run_process(self) -> None:
        """One life of a task process. _UnhealthyError when it ends badly, others when no restart helps."""
        ours, theirs = self._context.Pipe()
        connector, status = self._connector, self.status
        process = self._context.Process(
            target=run_task,
            args=(type(connector), dict(connector.config), self._config, theirs),
            name=f"{status.connector}-{status.task}",
            daemon=True,
        )
        try:
            process.start()
        except (OSError, EOFError) as problem:
            raise _UnhealthyError(f"no process can be started: {problem}") from problem
        theirs.close()
        status.process_id = process.pid
        last_word = self._listen(ours, process)
        process.join(0.5)
        if process.is_alive():
            process.kill()
            process.join()
        ours.close()
        status.process_id = status.stopped_since = None
        if process.exitcode == 0 and last_word is None:
            return
        kind, text = last_word or ("RetriableError", f"process ended with code {process.exitcode}")
        error = ERRORS.get(kind, RetriableError)(text)
        if self._policy.is_final(error):
            raise error
        raise _UnhealthyError(text)

    def _listen(self, ours: Connection, process: BaseProcess) -> tuple[str, str] | None:
        """Pass on reports until the process ends; returns its last word, if it failed."""
        failure: tuple[str, str] | None = None
        asked = looked = 0.0
        while True:
            ready = wait([ours, process.sentinel], timeout=LISTEN_SECONDS)
            if ours in ready:
                try:
                    message = ours.recv()
                except (EOFError, OSError):
                    return failure
                failure = self._take(message) or failure
            elif process.sentinel in ready:
                return failure
            now = time.monotonic()
            if self._stopping.is_set() or self._again.is_set() or self._paused.is_set():
                asked = asked or _tell_to_stop(ours, now)
                if now - asked > self.grace or self.status.stopped_since:
                    return failure
            while not self._requests.empty():
                _send(ours, self._requests.get())
            if now - looked > LOOK_SECONDS:
                looked = now
                if word := self._look_after(process, now):
                    return word

    def _take(self, message: dict[str, Any]) -> tuple[str, str] | None:
        status = self.status
        event = message["event"]
        if event == "failed":
            return message["kind"], message["text"]
        if event == "batch":
            status.records += message["records"]
            status.batches += 1
            status.batch_seconds += message["seconds"]
            return None
        if event == "running" and not self._again.is_set():
            status.state = "RUNNING"
        self._tell({**message, "connector": status.connector, "task": status.task})
        return None

    def _look_after(self, process: BaseProcess, now: float) -> tuple[str, str] | None:
        """Whether a signal has stopped the process for too long; its last word then."""
        try:
            is_stopped = psutil.Process(process.pid).status() == psutil.STATUS_STOPPED
        except psutil.Error:
            return None
        if not is_stopped:
            self.status.stopped_since = None
            return None
        self.status.stopped_since = self.status.stopped_since or now
        if now - self.status.stopped_since < STOPPED_SECONDS:
            return None
        return "RetriableError", f"stopped by a signal for {STOPPED_SECONDS:.0f} s: started anew"


def _tell_to_stop(ours: Connection, now: float) -> float:
    _send(ours, "stop")
    return now


def _send(ours: Connection, message: Any) -> None:
    try:
        ours.send(message)
    except OSError:
        # It has ended already; the listening loop finds that out.
        logger.debug("a task ended before it was told %s", message)
