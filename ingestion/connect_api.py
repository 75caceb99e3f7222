"""The part of Kafka Connect's REST API that reads, pauses and restarts; the connectors are fixed."""

from __future__ import annotations

import subprocess
from functools import lru_cache
from typing import Any

from flask import Blueprint, Response, abort, jsonify, make_response, request

from ingestion.connector import Connector
from ingestion.csv_source import CsvSourceConnector
from ingestion.supervised_task import SupervisedTask
from ingestion.table_source import TableSourceConnector
from ingestion.task_status import TaskStatus
from ingestion.warehouse_sink import WarehouseSinkConnector
from ingestion.worker_health import connector_state
from ingestion.worker_service import WorkerService
from settings import ROOT

__all__ = ["connect_api"]

# The version whose contract is kept; clients read the first two numbers.
CONTRACT = "4.3.1"
PLUGINS = (CsvSourceConnector, TableSourceConnector, WarehouseSinkConnector)


def connect_api(service: WorkerService) -> Blueprint:
    """All routes, with and without a slash at the end."""
    api = Blueprint("connect", __name__)
    state = _State(service)
    for rule, view, method in (
        ("/", state.root, "GET"),
        ("/connectors", state.connectors, "GET"),
        ("/connectors/<name>", state.info, "GET"),
        ("/connectors/<name>/config", state.config, "GET"),
        ("/connectors/<name>/status", state.status, "GET"),
        ("/connectors/<name>/restart", state.restart, "POST"),
        ("/connectors/<name>/pause", state.pause, "PUT"),
        ("/connectors/<name>/resume", state.resume, "PUT"),
        ("/connectors/<name>/tasks", state.tasks, "GET"),
        ("/connectors/<name>/tasks/<int:number>/status", state.task_status, "GET"),
        ("/connectors/<name>/tasks/<int:number>/restart", state.restart_task, "POST"),
        ("/connector-plugins", state.plugins, "GET"),
    ):
        api.add_url_rule(rule, view.__name__, view, methods=[method], strict_slashes=False)
    return api


class _State:
    """Answers from the state of the worker, in Connect's shapes and words."""

    def __init__(self, service: WorkerService) -> None:
        self._service = service
        self._worker = service.worker

    def root(self) -> Response:
        seen = self._service.monitor.observation()
        return jsonify(
            version=f"{CONTRACT}-okr-{Connector.version}", commit=_commit(), kafka_cluster_id=seen.cluster_id
        )

    def connectors(self) -> Response:
        views = {"status": self._status, "info": self._info}
        wanted = [word for word in request.args.getlist("expand") if word in views]
        names = list(self._worker.connectors)
        if not wanted:
            return jsonify(names)
        return jsonify({name: {word: views[word](name) for word in wanted} for name in names})

    def info(self, name: str) -> Response:
        self._known(name, f"Connector {name} not found")
        return jsonify(self._info(name))

    def config(self, name: str) -> Response:
        self._known(name, f"Connector {name} not found")
        return jsonify(self._info(name)["config"])

    def status(self, name: str) -> Response:
        self._known(name, f"No status found for connector {name}")
        return jsonify(self._status(name))

    def restart(self, name: str) -> Response:
        self._known(name, f"Unknown connector: {name}")
        options = {word: request.args.get(word) == "true" for word in ("includeTasks", "onlyFailed")}
        for task in self._worker.tasks(name):
            # A connector of ours has no life apart from its tasks: a plain restart starts what has failed.
            if task.status.state == "FAILED" or (options["includeTasks"] and not options["onlyFailed"]):
                task.restart()
        if not any(options.values()):
            return _nothing(204)
        return make_response(jsonify(self._status(name)), 202)

    def pause(self, name: str) -> Response:
        self._known(name, f"Unknown connector {name}")
        for task in self._worker.tasks(name):
            task.pause()
        return _nothing(202)

    def resume(self, name: str) -> Response:
        self._known(name, f"Unknown connector {name}")
        for task in self._worker.tasks(name):
            task.resume()
        return _nothing(202)

    def tasks(self, name: str) -> Response:
        self._known(name, f"Connector {name} not found")
        config = {
            **self._info(name)["config"],
            "task.class": self._worker.connectors[name].task_class.__name__,
        }
        ids = [{"connector": name, "task": status.task} for status in self._worker.statuses(name)]
        return jsonify([{"id": identity, "config": config} for identity in ids])

    def task_status(self, name: str, number: int) -> Response:
        task = self._task(name, number, f"No status found for task {name}-{number}")
        version = self._worker.connectors[name].version
        return jsonify({**self._task_state(task.status), "version": version})

    def restart_task(self, name: str, number: int) -> Response:
        self._known(name, f"Unknown connector: {name}")
        self._task(name, number, f"Unknown task: {name}-{number}").restart()
        return _nothing(204)

    def plugins(self) -> Response:
        return jsonify(
            [
                {"class": _class(plugin), "type": plugin.direction, "version": plugin.version}
                for plugin in PLUGINS
            ]
        )

    def _known(self, name: str, otherwise: str) -> None:
        if name not in self._worker.connectors:
            abort(404, otherwise)

    def _task(self, name: str, number: int, otherwise: str) -> SupervisedTask:
        tasks = self._worker.tasks(name) if name in self._worker.connectors else []
        found = [task for task in tasks if task.status.task == number]
        return found[0] if found else abort(404, otherwise)

    def _info(self, name: str) -> dict[str, Any]:
        connector = self._worker.connectors[name]
        config = {key: _text(value) for key, value in connector.config.items()}
        return {
            "name": name,
            "config": {"connector.class": _class(type(connector)), **config},
            "tasks": [{"connector": name, "task": status.task} for status in self._worker.statuses(name)],
            "type": connector.direction,
        }

    def _status(self, name: str) -> dict[str, Any]:
        connector, statuses = self._worker.connectors[name], self._worker.statuses(name)
        where = {"worker_id": self._service.worker_id, "version": connector.version}
        return {
            "name": name,
            "connector": {"state": connector_state(statuses), **where},
            "tasks": [{**self._task_state(status), "version": connector.version} for status in statuses],
            "type": connector.direction,
        }

    def _task_state(self, status: TaskStatus) -> dict[str, Any]:
        state = {"id": status.task, "state": status.state, "worker_id": self._service.worker_id}
        if status.trace and status.state in ("FAILED", "RESTARTING"):
            state["trace"] = status.trace
        return state


def _nothing(code: int) -> Response:
    return make_response("", code)


def _class(connector: type[Connector]) -> str:
    return f"{connector.__module__}.{connector.__qualname__}"


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


@lru_cache(maxsize=1)
def _commit() -> str:
    """The checkout's commit; `unknown` where there is no checkout."""
    try:
        command = ["git", "-C", str(ROOT), "rev-parse", "HEAD"]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=5).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return "unknown"
