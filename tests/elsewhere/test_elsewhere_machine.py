"""On other machines: another account, a path with spaces, no network, a full disk, a taken port."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from settings import ROOT, Settings

pytestmark = [pytest.mark.postgres, pytest.mark.kafka, pytest.mark.slow]

NO_NETWORK = ("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
AS_NOBODY = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--inh-caps=-all")
BALANCE = (
    "select count(*), sum(rows_read), sum(rows_loaded) + sum(rows_rejected) + sum(rows_skipped),"
    " (select count(*) from okr_raw.records) + (select count(*) from okr_raw.rejects)"
    " from okr_raw.files where status = 'loaded'"
)


@pytest.fixture
def top() -> Iterator[Path]:
    """A folder every account may enter, with spaces in its name; removed afterwards."""
    parent = Path(tempfile.mkdtemp(prefix="okr-tests-", dir="/tmp"))
    parent.chmod(0o755)
    folder = parent / "a place with spaces"
    folder.mkdir()
    yield folder
    shutil.rmtree(parent)


@pytest.fixture
def variables(ports: Callable[[int], list[int]]) -> dict[str, str]:
    """Free ports for embedded servers."""
    names = ("OKR_PG_PORT", "OKR_KAFKA_PORT", "OKR_KAFKA_CONTROLLER_PORT")
    numbers = {name: str(port) for name, port in zip(names, ports(3), strict=True)}
    return numbers | {"OKR_KAFKA_HEAP_MEGABYTES": "256"}


def jars(config: Settings, home: Path) -> None:
    """The broker's jars, as after a first start."""
    (home / "kafka").mkdir(parents=True)
    for folder in (config.home / "kafka").glob("jars-*"):
        shutil.copytree(folder, home / "kafka" / folder.name)


def checkout(folder: Path) -> Path:
    """What is tracked, or new and not ignored, in another folder."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


@pytest.fixture
def without_network(lacking: Callable[[str, str], None]) -> tuple[str, ...]:
    """What goes before a command that is to see no network."""
    if os.geteuid() or subprocess.run([*NO_NETWORK, "true"], capture_output=True, check=False).returncode:
        lacking("unshare", "this machine does not let root make a network of its own")
    return NO_NETWORK


@pytest.fixture
def nobodys_python(top: Path, without_network: tuple[str, ...], lacking: Callable[[str, str], None]) -> Path:
    """An interpreter that an account without rights may run, with our packages and dbt beside it.

    That of the tests may lie in root's own folder.
    """
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    asked = [*without_network, *AS_NOBODY, "sh", "-c", '"$0" -c "import venv, ctypes"']
    found = [
        python
        for python in (Path(sys.base_prefix) / "bin" / version, Path("/usr/bin") / version)
        if subprocess.run([*asked, python], cwd="/", capture_output=True, check=False).returncode == 0
    ]
    if not found:
        lacking("account", f"there is no {version} that nobody may run")
    folder = top.parent / "venv"
    subprocess.run([found[0], "-m", "venv", "--without-pip", folder], check=True)
    ours = next(path for path in sys.path if path.endswith("site-packages"))
    packages = folder / "lib" / version / "site-packages"
    (packages / "ours.pth").write_text(f"import site; site.addsitedir({ours!r})\n")
    script = f"#!{folder}/bin/python\nfrom dbt.cli.main import cli\ncli()\n"
    (folder / "bin" / "dbt").write_text(script)
    (folder / "bin" / "dbt").chmod(0o755)
    return folder / "bin" / "python"


@pytest.fixture
def small_disk(top: Path, lacking: Callable[[str, str], None]) -> Iterator[Path]:
    """A disk of 700 MB, in memory."""
    disk = top / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=700m,mode=755", "tmpfs", str(disk)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        lacking("mount", "this machine does not let root make a disk in memory")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_the_main_job_runs_as_nobody_in_a_path_with_spaces_without_a_network(
    *,
    top: Path,
    variables: dict[str, str],
    small_sample: Path,
    broker: Settings,
    place_of: Callable[..., Any],
    without_network: tuple[str, ...],
    nobodys_python: Path,
) -> None:
    folder, home = checkout(top / "check out"), top / "home"
    jars(broker, home)
    data = Path(shutil.copytree(small_sample, top / "CSV files"))
    subprocess.run(["chown", "-R", "nobody:nogroup", top], check=True)
    place = place_of(
        variables | {"OKR_HOME": str(home), "HOME": str(top)},
        before=(*without_network, *AS_NOBODY),
        folder=folder,
    )
    # Servers live in the network they were started in: one shell runs, asks and stops.
    okr = f'"{nobodys_python}" -m stack'
    script = (
        f'{okr} run --json --data "{data}" --as-of 2026-05-20 > "{top}/facts" &&'
        f' {okr} sql --csv "select count(*) from rpt_key_result_forecasts"; code=$?; {okr} down && exit $code'
    )
    done = place.start(["sh", "-c", script])
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
    facts = json.loads((top / "facts").read_text())
    assert facts["outcome"] == "done"
    assert facts["warehouse"]["failed"] == 0
    assert facts["files"]["rows_loaded"] > 1000
    assert int(done.stdout.splitlines()[1]) == facts["forecast"]["scored"] > 0
    foreign = [path for path in home.rglob("*") if not path.is_symlink() and path.owner() != "nobody"]
    assert foreign == []


def test_without_a_network_a_first_start_says_what_is_missing(
    top: Path, variables: dict[str, str], place_of: Callable[..., Any], without_network: tuple[str, ...]
) -> None:
    place = place_of(
        variables | {"OKR_HOME": str(top / "home"), "M2_REPO": str(top / "none")}, before=without_network
    )
    okr = f'"{sys.executable}" -m stack'
    done = place.start(["sh", "-c", f'{okr} load "{top}"; code=$?; {okr} down; exit $code'])
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "could not download" in done.stderr and "check the network" in done.stderr


def test_a_full_disk_is_told_in_one_line_and_nothing_is_lost(
    small_disk: Path,
    variables: dict[str, str],
    small_sample: Path,
    broker: Settings,
    place_of: Callable[..., Any],
) -> None:
    disk, top = small_disk, small_disk.parent
    home, first = disk / "home", top / "first"
    first.mkdir()
    shutil.copytree(small_sample, first / "all", ignore=shutil.ignore_patterns("check_ins*"))
    (home / "kafka").mkdir(parents=True)
    for folder in (broker.home / "kafka").glob("jars-*"):
        (home / "kafka" / folder.name).symlink_to(folder)
    # What is asked for is the message; the loader's log tells of its new tries besides.
    place = place_of(variables | {"OKR_HOME": str(home), "OKR_LOG_LEVEL": "ERROR"})
    try:
        done = place.call("stack", "load", "--data", str(first / "all"))
        assert done.returncode == 0, done.stderr
        fill(disk, 0)
        for words in (("stack", "load"), ("stack", "run"), ("ingestion", "load")):
            one_line(place.call(*words, "--data", str(small_sample)), "full")
        fill(disk, 200_000)
        one_line(place.call("stack", "load", "--data", str(small_sample)), "500 MB are needed")
        one_line(place.call("ingestion", "load", "--data", str(small_sample)), "")
        (disk / "ballast").unlink()
        done = place.call("stack", "load", "--data", str(small_sample))
        assert done.returncode == 0, done.stderr
        done = place.call("stack", "sql", "--role", "admin", "--csv", BALANCE)
        files, read, accounted, stored = map(int, done.stdout.splitlines()[1].split(","))
        lines = sum(len(path.read_text().splitlines()) - 1 for path in small_sample.rglob("*.csv"))
        assert files == len(list(small_sample.rglob("*.csv")))
        assert read == accounted == stored == lines
    finally:
        place.call("stack", "down")


def fill(disk: Path, left: int) -> None:
    """Leave so many bytes, or fewer: the servers write on meanwhile."""
    ballast = disk / "ballast"
    ballast.unlink(missing_ok=True)
    with ballast.open("wb") as file:
        while (room := shutil.disk_usage(disk).free - left) > 0:
            with contextlib.suppress(OSError):
                os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, room)


def one_line(done: subprocess.CompletedProcess[str], word: str) -> None:
    """It failed, and says why in one line with that word."""
    errors = done.stderr.strip().splitlines()
    assert done.returncode == 1, done.stdout + done.stderr
    assert len(errors) == 1 and errors[0].startswith("Error: ") and word in errors[0], done.stderr


@pytest.mark.parametrize("name", ["OKR_PG_PORT", "OKR_KAFKA_PORT", "OKR_KAFKA_CONTROLLER_PORT"])
def test_a_taken_port_ends_in_one_line_with_its_variable(
    name: str, top: Path, variables: dict[str, str], broker: Settings, place_of: Callable[..., Any]
) -> None:
    jars(broker, top / "home")
    place = place_of(variables | {"OKR_HOME": str(top / "home"), "OKR_DATA": str(top)})
    with socket.create_server(("127.0.0.1", int(variables[name]))):
        done = place.call("stack", "load")
    place.call("stack", "down")
    one_line(done, f"{name}={variables[name]}")
    assert str(os.getpid()) in done.stderr and "set" in done.stderr
