"""One person's kaskade: a process group of its own, which ends for certain."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import shlex
import signal
import sys
from asyncio.subprocess import PIPE, Process

from textual_serve.app_service import AppService

__all__ = ["KafkaSession"]

POLITE_SECONDS = 2.0
PR_SET_PDEATHSIG = 1


class KafkaSession(AppService):
    """kaskade in a process group; once its broker is gone it is deaf to SIGTERM, and only SIGKILL counts."""

    _ending: asyncio.Task[None] | None = None

    def _build_environment(self, width: int = 80, height: int = 24) -> dict[str, str]:
        environment = super()._build_environment(width=width, height=height)
        return {name: value for name, value in environment.items() if not name.startswith("OKR_")}

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        self._process = process = await asyncio.create_subprocess_exec(
            *shlex.split(self.command),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=self._build_environment(width=width, height=height),
            start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        )
        self._stdin = process.stdin
        return process

    async def stop(self) -> None:
        """Ask the process to quit, then end its group, whether or not it heard; all who ask wait for it."""
        if self._process is None:
            return
        if self._ending is None:
            self._ending = asyncio.create_task(self._end(self._process, self._task))
        await asyncio.shield(self._ending)

    async def _end(self, process: Process, task: asyncio.Task[None] | None) -> None:
        await self._download_manager.cancel_app_downloads(app_service_id=self.app_service_id)
        with contextlib.suppress(TimeoutError, OSError):
            await asyncio.wait_for(self._quit(process), POLITE_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        # asyncio closes the pipes at their end only while somebody reads them, and nobody does any more.
        process._transport.close()  # type: ignore[attr-defined]

    async def _quit(self, process: Process) -> None:
        await self.send_meta({"type": "quit"})
        await process.wait()


def _end_with_parent() -> None:
    """Have the kernel end the process when the one that serves it is killed."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
