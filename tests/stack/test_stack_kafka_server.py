"""The embedded Kafka: kept through kills, honest about ports and downloads."""

from __future__ import annotations

import os
import signal
import socket
import uuid
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from settings import Settings
from stack import kafka_jars
from stack.errors import DownloadError, PortTakenError
from stack.kafka_server import KafkaServer


def write_messages(config: Settings, topic: str, count: int) -> None:
    """Make a topic and put messages into it."""
    client = AdminClient(config.kafka.client_config())
    client.create_topics([NewTopic(topic, 1, 1)])[topic].result()
    producer = Producer({**config.kafka.client_config(), "acks": "all"})
    for number in range(count):
        producer.produce(topic, value=str(number).encode())
    assert producer.flush(30) == 0


def read_messages(config: Settings, topic: str) -> list[int]:
    """All messages of a topic."""
    reader = Consumer({**config.kafka.client_config(), "group.id": "test", "auto.offset.reset": "earliest"})
    reader.assign([TopicPartition(topic, 0, 0)])
    _, end = reader.get_watermark_offsets(TopicPartition(topic, 0), timeout=30)
    found = [int(message.value() or b"") for message in reader.consume(end, timeout=30)]
    reader.close()
    return found


@pytest.mark.kafka
@pytest.mark.slow
def test_topics_outlive_a_kill_and_the_cluster_stays_itself(
    broker: Settings, own_home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # An id that begins with a dash, as one in 64 does, must not be taken for an option.
    monkeypatch.setattr("uuid.uuid4", lambda: uuid.UUID(bytes=b"\xf8" * 16))
    server = KafkaServer(own_home)
    assert server.start()
    monkeypatch.undo()
    assert (server.cluster_id() or "").startswith("-")
    assert not server.start()
    write_messages(own_home, "kept", 100)
    cluster, process = server.cluster_id(), server.process()
    assert process
    os.kill(process.pid, signal.SIGKILL)
    assert server.start()
    assert server.cluster_id() == cluster
    assert read_messages(own_home, "kept") == list(range(100))
    process = server.process()
    assert process and os.getpgid(process.pid) == process.pid, (
        "a group of its own, so that it outlives its starter"
    )
    assert server.stop()
    assert server.process() is None
    assert not server.stop()


def test_a_port_that_is_taken_is_named_with_who_has_it(own_home: Settings) -> None:
    port = own_home.kafka.controller_port
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        with pytest.raises(PortTakenError, match=f"OKR_KAFKA_CONTROLLER_PORT={port}: process {os.getpid()} "):
            KafkaServer(own_home).start()


def test_a_pid_file_of_another_process_is_stale(own_home: Settings) -> None:
    server = KafkaServer(own_home)
    server.home.mkdir(parents=True, exist_ok=True)
    server.mark.write_text(f'{{"pid": {os.getpid()}, "started": 1}}')
    assert server.process() is None


def test_a_failed_download_names_the_jar_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("M2_REPO", str(tmp_path / "no repository"))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setattr("stack.kafka_jars.ATTEMPTS", 1)
    with pytest.raises(DownloadError, match=r"could not download [\w.-]+:\S+:\S+ from .*check the network"):
        kafka_jars.jar_folder(tmp_path / "home")
    assert not list((tmp_path / "home").glob("jars-*[!w]"))


@pytest.mark.kafka
def test_a_jar_that_was_changed_is_refused(
    broker: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "jgo.lock.toml"
    text = kafka_jars.LOCK.read_text()
    digest = text.split('sha256 = "', 1)[1].split('"', 1)[0]
    lock.write_text(text.replace(digest, "0" * 64))
    monkeypatch.setattr("stack.kafka_jars.LOCK", lock)
    monkeypatch.setattr("stack.kafka_jars.ATTEMPTS", 1)
    with pytest.raises(DownloadError, match="is not the file that was locked: SHA-256"):
        kafka_jars.jar_folder(tmp_path / "home")


def test_the_lock_names_every_jar_with_its_digest_and_no_address() -> None:
    text = kafka_jars.LOCK.read_text()
    assert text.count("[[dependencies]]") == text.count("sha256 = ") > 80
    assert "://" not in text
