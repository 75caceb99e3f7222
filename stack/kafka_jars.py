"""The jars the embedded broker is made of: fetched as the lock says, each checked against its SHA-256."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from stack.errors import DownloadError

if TYPE_CHECKING:
    from jgo.env import LockedDependency
    from jgo.maven import MavenContext

__all__ = ["LOCK", "Progress", "jar_folder"]

LOCK = Path(__file__).parent / "kafka" / "jgo.lock.toml"
CONNECTIONS = 8
ATTEMPTS = 4
Progress = Callable[[int, int], None]
"""Told how many jars are there, and how many there will be."""


def jar_folder(home: Path, progress: Progress | None = None) -> Path:
    """Folder under `home` with every jar of the lock; fetches what is missing.

    The folder is named after the lock's digest and appears only when complete: one look tells if it is good.
    """
    folder = home / f"jars-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]}"
    if folder.exists():
        return folder
    fresh = folder.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    repository = home / "downloads"
    for jar in _fetch(repository, progress or (lambda done, total: None)):
        _link(jar, fresh / jar.name)
    fresh.rename(folder)
    shutil.rmtree(repository, ignore_errors=True)
    return folder


def _fetch(repository: Path, progress: Progress) -> list[Path]:
    from jgo.config import GlobalSettings  # noqa: PLC0415 - jgo is needed once per installation
    from jgo.env import LockFile  # noqa: PLC0415

    lock = LockFile.load(LOCK)
    remotes = GlobalSettings.load().repositories
    jars: list[Path] = []
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        tasks = [pool.submit(_fetch_one, repository, remotes, dependency) for dependency in lock.dependencies]
        try:
            for task in as_completed(tasks):
                jars.append(task.result())
                progress(len(jars), len(tasks))
        except DownloadError:
            pool.shutdown(cancel_futures=True)
            raise
    return jars


def _fetch_one(repository: Path, remotes: dict[str, str], dependency: LockedDependency) -> Path:
    """One jar: from this machine's Maven repository if the right one lies there, else from the network."""
    from jgo.constants import MAVEN_CENTRAL_URL, default_maven_repo  # noqa: PLC0415
    from jgo.maven import MavenContext  # noqa: PLC0415

    repositories = {"central": MAVEN_CENTRAL_URL, **remotes}
    patience = Retrying(
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_exponential(0.5, max=4),
        retry=retry_if_exception_type(DownloadError),
        reraise=True,
    )
    local = [default_maven_repo()]
    for attempt in patience:
        with attempt:
            context = MavenContext(
                repo_cache=repository, local_repos=local, remote_repos=repositories, timeout=60
            )
            local = []
            return _resolve(context, dependency)
    raise AssertionError("tenacity returns or raises")


def _resolve(context: MavenContext, dependency: LockedDependency) -> Path:
    name = f"{dependency.groupId}:{dependency.artifactId}:{dependency.version}"
    component = context.project(dependency.groupId, dependency.artifactId).at_version(dependency.version)
    artifact = component.artifact(dependency.classifier or "", dependency.packaging)
    try:
        jar = artifact.resolve()
    except (OSError, RuntimeError) as problem:  # requests' errors are OSErrors
        raise DownloadError(
            f"could not download {name} from {', '.join(context.remote_repos.values())}: {_reason(problem)}; "
            "check the network (HTTPS_PROXY is honoured), or set M2_REPO to a Maven repository on disk"
        ) from problem
    digest = hashlib.sha256(jar.read_bytes()).hexdigest()
    if digest != dependency.sha256:
        if jar.is_relative_to(context.repo_cache):
            jar.unlink()
        raise DownloadError(
            f"{jar.name} is not the file that was locked: SHA-256 {digest}, expected {dependency.sha256}"
        )
    return jar


def _reason(problem: Exception) -> str:
    while problem.__context__ is not None and isinstance(problem.__context__, Exception):
        problem = problem.__context__
    return (str(problem) or type(problem).__name__).split("\n", 1)[0]


def _link(jar: Path, target: Path) -> None:
    try:
        os.link(jar, target)
    except OSError:  # another file system
        shutil.copy2(jar, target)
