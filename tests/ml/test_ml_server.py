"""Models are the same through MLflow's server and past it, whoever trained and wherever they are loaded."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import date

import pytest

import settings
from ml import registry
from ml.training import train
from settings import ROOT
from stack import secrets
from stack.services import mlflow_server
from stack.services.service import UnhealthyError

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

AFTER = date(2025, 9, 1)
CLIENT = """
import json, sys, mlflow, pandas
rows = pandas.read_json(sys.argv[1], orient="split")
models = [mlflow.sklearn.load_model(f"models:/okr_attainment{which}") for which in sys.argv[2:]]
print(json.dumps([model.predict_proba(rows)[:, 1].tolist() for model in models]))
"""


def free_ports(count):
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


class Silent:
    def __getattr__(self, name):
        return lambda *values, **facts: None


@pytest.fixture
def service(forecasting, monkeypatch):
    """MLflow's server as `okr up` starts it, on the store of these tests."""
    backend, door, public = free_ports(3)
    named = {
        "OKR_PG_DATABASE": forecasting.postgres.database,
        "OKR_PG_MLFLOW_DATABASE": forecasting.postgres.mlflow_database,
        "OKR_BACKEND_PORT": str(backend - 2),
        "OKR_MLFLOW_PORT": str(door),
        "OKR_PORT": str(public),
    }
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    config = settings.load()
    [service] = mlflow_server.define(config, secrets.load(config))
    assert config.postgres.mlflow_database not in " ".join(service.command)
    service.prepare()
    return config, service


@pytest.fixture
def server(service):
    """Call it to start the server; gives its address."""
    config, service = service
    running = []

    def start():
        running.append(
            subprocess.Popen(
                service.command,
                cwd=service.folder,
                env=os.environ | service.environment,
                start_new_session=True,
            )
        )
        until = time.monotonic() + service.ready_within
        while True:
            try:
                service.health()
                return f"http://127.0.0.1:{config.addresses.behind('mlflow')}/mlflow"
            except UnhealthyError as problem:
                assert time.monotonic() < until, problem
                time.sleep(0.3)

    yield start
    for process in running:
        process.terminate()
        process.wait(30)


def loaded_elsewhere(address, rows, folder, *models):
    """What each of the models says to a client that knows nothing but the server."""
    file = folder / "rows.json"
    rows.to_json(file, orient="split")
    strange = {name: value for name, value in os.environ.items() if not name.startswith("OKR_")}
    done = subprocess.run(
        [sys.executable, "-c", CLIENT, str(file), *models],
        cwd=folder,
        env=strange | {"MLFLOW_TRACKING_URI": address, "OKR_HOME": str(folder / "not-there")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert not (folder / "not-there").exists()
    return json.loads(done.stdout.splitlines()[-1])


def test_the_champion_is_the_same_through_the_server(service, server, publish, make_rows, tmp_path):
    direct, _ = service
    rows = make_rows(cycles=6, per_cycle=99, signal="none")
    publish(rows)
    train(direct, Silent(), AFTER)
    champion = registry.Registry(direct).champion()
    questions = rows[list(champion.forecaster.columns)].head(20)
    expected = champion.fitted.predict_proba(questions)[:, 1].tolist()

    address = server()
    served = direct.model_copy(update={"mlflow_tracking_uri": address})
    train(served, Silent(), AFTER, force=True)
    champions = [registry.Registry(config).champion() for config in (served, direct)]
    assert [champion.version for champion in champions] == ["2", "2"]
    through, past = (champion.fitted.predict_proba(questions)[:, 1].tolist() for champion in champions)
    assert through == pytest.approx(past)
    first, second = loaded_elsewhere(address, questions, tmp_path, "/1", "@champion")
    assert first == pytest.approx(expected), "trained past the server"
    assert second == pytest.approx(past), "trained through it"
    assert (direct.home / "mlartifacts" / "okr_attainment" / champions[0].run_id).is_dir()

    port = direct.addresses.behind("mlflow")
    assert status(port, f"127.0.0.1:{direct.addresses.mlflow_port}") == 200
    assert status(port, "rebound.example") == 403


def status(port, host):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/mlflow/", headers={"Host": host})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as problem:
        return problem.code


def test_an_experiment_of_files_makes_room(service):
    config, _ = service
    opened = registry.Registry(config)
    name = registry.EXPERIMENT
    old = opened._client.get_experiment_by_name(name)
    if old is not None:
        opened._client.rename_experiment(old.experiment_id, f"{name}_put_aside_{old.experiment_id}")
    files = opened._client.create_experiment(name, artifact_location=(ROOT / "nowhere").as_uri())
    fresh = opened._experiment()
    assert fresh != files
    assert opened._experiment() == fresh
    assert opened._client.get_experiment(fresh).artifact_location == f"mlflow-artifacts:/{name}"
    assert opened._client.get_experiment(files).name == f"{name}_in_files_{files}"
