"""No secret of a running system is in a log, a command line, a page, a table, or told by a command."""

from __future__ import annotations

import base64
import json
import re
import secrets
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import httpx
import psycopg
import pytest
from psycopg import sql

from settings import Role
from stack.keeper.places import Places
from tests.command_lines import command_lines_noted
from tests.whole_system.conftest import PASSWORD, PEOPLE, until

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.kafka]

KEEP_SECRETS = {
    "secrets.json",
    "admin-password",
    "ingestion.json",
    "services/supervisord.conf",
    "services/nginx/nginx.conf",
}
"""The files that are there to hold one."""
NOT_WRITTEN = re.compile(r"postgres/(?!data/log)|kafka/jars-|kafka/data/.*index$|a-password$")
"""Programs, empty room, what databases store (asked for as text), the password file of these tests."""
OF_SERVICES = re.compile(
    r"\b((?:OKR|AIRFLOW|SUPERSET|MLFLOW|FLASK|PG)\w*(?:SECRET|PASSWORD|TOKEN|_KEY))=\"([^\"]+)\""
)
"""A variable of a service with a secret, as supervisor is told it."""
SIGNED = re.compile(rb"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}")
"""A signed token (JWT), as Airflow gives them to tasks and to those who sign in."""
LOGS = {
    *("api", "airflow_api_server", "airflow_dag_processor", "airflow_scheduler", "airflow_triggerer"),
    *("kafka", "kafka_ui", "mlflow", "nginx", "postgres", "superset", "supervisor", "watcher", "worker"),
}
PATHS = (
    *("/", "/sign-in", "/sign-in?user=wanda", "/api/status", "/api/health", "/api/metrics", "/auth"),
    *("/api/openapi.json", "/nowhere", "/airflow/", "/airflow/nowhere", "/airflow/execution/health"),
    *("/airflow/api/v2/config", "/airflow/api/v2/connections", "/airflow/api/v2/variables"),
    *("/airflow/api/v2/dags/none", "/airflow/api/v2/eventLogs?limit=100", "/airflow/api/v2/jobs"),
    *("/airflow/api/v2/importErrors", "/airflow/api/v2/plugins", "/airflow/api/v2/monitor/health"),
    *("/mlflow/", "/mlflow/nowhere", "/mlflow/api/2.0/mlflow/runs/get?run_id=none"),
    *("/mlflow/ajax-api/2.0/mlflow/experiments/search?max_results=-1", "/mlflow/server-info"),
    *("/bi/superset/dashboard/okr-health/", "/bi/nowhere", "/bi/api/v1/database/", "/bi/api/v1/log/"),
    *("/bi/api/v1/me/", "/bi/api/v1/database/1/connection", "/bi/api/v1/chart/data?form_data=x"),
    *("/kafka/", "/kafka/nowhere", "/docs/", "/docs/nowhere", "/quality/"),
)


@dataclass
class Used:
    """A system that people and commands have used, and everything it said to them."""

    system: Any
    secrets: dict[str, str] = field(repr=False)
    pages: dict[str, str] = field(default_factory=dict, repr=False)
    commands: dict[str, str] = field(default_factory=dict, repr=False)
    command_lines: set[str] = field(default_factory=set, repr=False)

    def found_in(self, content: bytes) -> set[str]:
        """Which secrets are in a text, in any of the forms they may have there."""
        found = {
            name for name, secret in self.secrets.items() if any(form in content for form in forms(secret))
        }
        return found | ({"a signed token"} if SIGNED.search(content) else set())


def forms(secret: str) -> set[bytes]:
    """A secret as it is, in an address, in a form, in JSON."""
    shown = {secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]}
    return {form.encode() for form in shown}


def unfolded(row: bytes) -> bytes:
    """What a table holds, and behind it its binary values as they are."""
    return row + b"".join(
        bytes.fromhex(found.decode()) for found in re.findall(rb"\\\\x((?:[0-9a-f]{2})+)", row)
    )


def basic(name: str, password: str) -> str:
    """What a browser or script sends of a name and a password."""
    return base64.b64encode(f"{name}:{password}".encode()).decode()


@pytest.fixture(scope="module")
def used(system: Any) -> Iterator[Used]:
    """Signed in and out, rightly and wrongly; asked for pages that are there and are not; a DAG was run."""
    this = Used(system, kept_secrets(system.config.home))
    with command_lines_noted(this.command_lines):
        made = system.okr("user", "add", "wanda", "--role", "viewer", "--generate", "--json")
        assert made.returncode == 0, made.stderr
        password = this.secrets["password of wanda"] = json.loads(made.stdout)["password"]
        this.secrets["a wrong password"] = secrets.token_urlsafe(9) + "%:@/' x"
        sign_in(this, "wanda", this.secrets["a wrong password"], 401)
        # Another name: wanda's own next sign-in is not to be slowed down.
        ask(this, "a stranger", auth=("mallory", this.secrets["a wrong password"]), paths=("/", "/bi/"))
        ask(this, "nobody")
        ask(this, "viewer", cookies=sign_in(this, "wanda", password, 303))
        ask(this, "admin", auth=("admin", this.secrets["password of admin"]))
        run_a_dag(this)
        for words in (("status",), ("status", "--json"), ("user", "list", "--json"), ("logs",)):
            this.commands[" ".join(words)] = told(system.okr(*words))
        for name in ("api", "nginx", "superset", "worker"):
            this.commands[f"logs {name}"] = told(system.okr("logs", name, "-n", "100000"))
    people = {**dict.fromkeys(PEOPLE, PASSWORD), "wanda": password}
    for name, sent in {**people, "mallory": this.secrets["a wrong password"]}.items():
        this.secrets[f"basic sign-in of {name}"] = basic(name, sent)
    for name, kept in system.sql("select user_name, password_hash from okr_ops.users"):
        this.secrets[f"hash of {name}"] = kept
    yield this
    system.okr("user", "remove", "wanda")


def kept_secrets(home: Path) -> dict[str, str]:
    """The secrets in the files that are there to hold them, and the passwords of the people."""
    found = dict(json.loads((home / "secrets.json").read_text()))
    found["token of the worker"] = json.loads((home / "ingestion.json").read_text())["token"]
    found["password of admin"] = (home / "admin-password").read_text().strip()
    found["password of the people"] = PASSWORD
    return found


def sign_in(this: Used, name: str, password: str, expected: int) -> dict[str, str]:
    """Fill in the form of the sign-in; the cookies that it gives."""
    with httpx.Client(base_url=this.system.url, timeout=60) as browser:
        form = browser.get("/sign-in").text
        csrf = re.search(r'name="csrf" value="([^"]+)"', form)
        assert csrf, form
        sent = {"csrf": csrf[1], "user": name, "password": password}
        answer = browser.post("/sign-in", data=sent)
        assert answer.status_code == expected, answer.text
        this.pages[f"the form: {expected}"] = answer.text
        this.secrets[f"session after {expected}"] = session = browser.cookies["okr_session"]
        return {"okr_session": session}


def ask(this: Used, who: str, paths: tuple[str, ...] = PATHS, **options: Any) -> None:
    """Ask for pages as a browser and as a script does; keep all that is answered."""
    for kind in ("text/html", "application/json"):
        client = httpx.Client(
            base_url=this.system.url,
            headers={"Accept": kind},
            follow_redirects=True,
            timeout=60,
            **options,
        )
        with client:
            for path in paths:
                answer = client.get(path)
                told = [f"{name}: {value}" for name, value in answer.headers.items() if name != "set-cookie"]
                this.pages[f"{path} for {who} ({kind}): {answer.status_code}"] = "\n".join(
                    [str(answer.url), *told, answer.text]
                )


def run_a_dag(this: Used) -> None:
    """Load what lies there, which is nothing new: two tasks with logs, one of which calls the worker."""
    with this.system.client("otto") as operator:
        started = operator.post("/airflow/api/v2/dags/okr_ingest/dagRuns", json={"logical_date": None})
        started.raise_for_status()
    run = started.json()["dag_run_id"]

    def ended() -> bool:
        states = {each["dag_run_id"]: each["state"] for each in this.system.runs("okr_ingest")}
        return states[run] in {"success", "failed"}

    until(ended, 300, "okr_ingest has ended")
    assert {task["state"] for task in this.system.tasks("okr_ingest", run).values()} == {"success"}


def told(done: Any) -> str:
    """What a command said; `okr status` ends with 1 where a service of a busy machine answers late."""
    assert done.returncode < 2 and "Error: " not in done.stderr, done.stderr
    return str(done.stdout + done.stderr)


def hits(this: Used, texts: Mapping[str, str]) -> dict[str, set[str]]:
    """The secrets in each of some texts that has any."""
    found = {where: this.found_in(text.encode()) for where, text in texts.items()}
    return {where: names for where, names in found.items() if names}


def test_every_secret_of_a_service_is_among_those_looked_for(used: Used) -> None:
    told_supervisor = (used.system.config.home / "services" / "supervisord.conf").read_text()
    given = {name: value.replace("%%", "%") for name, value in OF_SERVICES.findall(told_supervisor)}
    assert given.keys() >= {"OKR_PROXY_SECRET", "OKR_SESSION_KEY", "OKR_SUPERSET_SECRET"}
    assert given.keys() >= {"AIRFLOW__API_AUTH__JWT_SECRET", "AIRFLOW__CORE__FERNET_KEY"}
    assert {name for name, value in given.items() if value not in used.secrets.values()} == set()
    assert min(len(secret) for secret in used.secrets.values()) >= 16


def test_only_the_files_for_it_hold_secrets(used: Used, tell: Callable[[str, str], None]) -> None:
    home, written = used.system.config.home, 0
    found: dict[str, set[str]] = {}
    logs = set()
    for path in home.rglob("*"):
        name = path.relative_to(home).as_posix()
        if not path.is_file() or NOT_WRITTEN.match(name):
            continue
        try:
            content = path.read_bytes()
        except FileNotFoundError:  # of a system at work: it was there a moment ago
            continue
        written += len(content)
        logs |= {path.stem} if path.parent.name == "logs" else set()
        if names := used.found_in(content):
            found[name] = names
    assert logs >= LOGS
    assert b" wanda GET /bi/" in (home / "logs" / "nginx.log").read_bytes(), "what is looked at is used"
    assert list((home / "airflow" / "logs").rglob("*load_files*/*.log")), "and holds logs of tasks"
    assert found.keys() == KEEP_SECRETS, {name: found[name] for name in found.keys() - KEEP_SECRETS}
    tell("the whole system: secrets", f"{len(used.secrets)} looked for in {written / 1e6:.0f} MB of files")


def test_files_with_secrets_are_for_their_owner_only(used: Used) -> None:
    home = used.system.config.home
    files = KEEP_SECRETS | {"kafka_ui/kaskade.ini"}  # which holds one where Kafka asks for a password
    modes = {name: stat.S_IMODE((home / name).stat().st_mode) for name in files}
    assert modes == dict.fromkeys(files, 0o600)
    socket = Places.of(used.system.config).socket
    assert stat.S_IMODE(socket.stat().st_mode) == 0o700, "who asks supervisor learns its configuration"


def test_no_command_line_holds_a_secret(used: Used) -> None:
    lines = used.command_lines
    assert any("nginx" in line for line in lines)
    assert any("ingestion load" in line for line in lines), "those of tasks were seen"
    assert hits(used, {line: line for line in lines}) == {}


def test_no_page_tells_a_secret(used: Used) -> None:
    answers = {int(where[-3:]) for where in used.pages}
    assert answers >= {200, 401, 403, 404}
    assert hits(used, used.pages) == {}


def test_no_command_tells_a_secret(used: Used) -> None:
    assert len(used.commands) == 8
    assert hits(used, used.commands) == {}


def test_no_table_holds_a_secret_but_the_hashes_of_passwords(
    used: Used, tell: Callable[[str, str], None]
) -> None:
    """Sign-ins, Airflow's audit log and rendered tasks, MLflow's runs, Superset's log: every row there is."""
    postgres = used.system.config.postgres
    names = (postgres.database, postgres.mlflow_database, postgres.airflow_database)
    found, counted = {}, {}
    for database in (*names, postgres.superset_database):
        with psycopg.connect(postgres.conninfo(Role.ADMIN, database)) as connection:
            tables = connection.execute(
                "select schemaname, tablename from pg_tables where schemaname !~ '^(pg_|information_schema)'"
            ).fetchall()
            for schema, table in tables:
                statement = sql.SQL("copy (select * from {}) to stdout").format(sql.Identifier(schema, table))
                with connection.cursor().copy(statement) as copy:
                    content = unfolded(b"".join(copy))
                counted[f"{database}.{schema}.{table}"] = len(content)
                if told := used.found_in(content):
                    found[f"{database}.{schema}.{table}"] = told
    assert counted["okr.okr_ops.sign_ins"] and counted["airflow.public.log"]
    users = found.pop("okr.okr_ops.users")
    assert users == {name for name in used.secrets if name.startswith("hash of ")}
    assert found == {}
    tell("the whole system: secrets", f"and in {sum(counted.values()) / 1e6:.0f} MB of {len(counted)} tables")
