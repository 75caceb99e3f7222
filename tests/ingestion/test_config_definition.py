from __future__ import annotations

import pytest

from ingestion.config_definition import ConfigDef, ConfigKey, Type, at_least, check_variables, one_of
from ingestion.csv_source import CSV_SOURCE, CsvSourceConnector
from ingestion.errors import ConfigError
from ingestion.table_source import TABLE_SOURCE, UPDATES_SOURCE, TableSourceConnector
from ingestion.warehouse_sink import WAREHOUSE_SINK

DEFINITION = ConfigDef(
    [
        ConfigKey("name", Type.STRING, "The name."),
        ConfigKey("tasks.max", Type.INT, "How many.", 1, at_least(1)),
        ConfigKey("mode", Type.STRING, "Which.", "once", one_of("once", "watch")),
        ConfigKey("is.loud", Type.BOOLEAN, "Whether.", False),
        ConfigKey("topics", Type.LIST, "Where.", []),
    ]
)


def test_values_are_cast_and_defaults_filled_in() -> None:
    given = {"name": "a", "tasks.max": "3", "is.loud": "TRUE", "topics": "x, y"}
    expected = {"name": "a", "tasks.max": 3, "mode": "once", "is.loud": True, "topics": ["x", "y"]}
    assert DEFINITION.parse(given) == expected


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        DEFINITION.parse({"tasks.max": "0", "mode": "never", "is.loud": "maybe", "colour": "red"})
    for part in (
        "name: missing",
        "tasks.max='0': must be at least 1",
        "mode='never': must be one of once, watch",
        "is.loud='maybe': must be of type BOOLEAN",
        "colour: not a key",
    ):
        assert part in str(caught.value)


def test_environment_overrides_a_default_but_not_what_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKR_INGESTION_TASKS_MAX", "5")
    assert DEFINITION.parse({"name": "a"})["tasks.max"] == 5
    assert DEFINITION.parse({"name": "a", "tasks.max": "2"})["tasks.max"] == 2


def test_a_wrong_value_of_the_environment_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKR_INGESTION_TASKS_MAX", "0")
    with pytest.raises(ConfigError, match=r"^OKR_INGESTION_TASKS_MAX='0': must be at least 1$"):
        DEFINITION.parse({"name": "a"})


def test_a_variable_of_no_key_is_told_with_the_one_it_is_most_like(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKR_INGESTION_TASK_MAX", "3")
    said = r"^OKR_INGESTION_TASK_MAX: no such setting; did you mean OKR_INGESTION_TASKS_MAX\?$"
    with pytest.raises(ConfigError, match=said):
        check_variables(CSV_SOURCE, WAREHOUSE_SINK, TABLE_SOURCE)
    monkeypatch.delenv("OKR_INGESTION_TASK_MAX")
    check_variables(CSV_SOURCE, WAREHOUSE_SINK, TABLE_SOURCE)


@pytest.mark.parametrize("definition", [CSV_SOURCE, WAREHOUSE_SINK, TABLE_SOURCE])
def test_each_key_has_a_sentence_and_stands_on_the_reference_page(definition: ConfigDef) -> None:
    page = definition.reference("Title")
    for key in definition.keys.values():
        assert key.documentation.endswith(".")
        assert f"| `{key.name}` |" in page


def test_definitions_have_the_shape_connect_clients_read() -> None:
    entry = DEFINITION.definitions()[1]
    assert entry["name"] == "tasks.max"
    assert (entry["type"], entry["importance"], entry["required"], entry["default_value"]) == (
        "INT",
        "MEDIUM",
        False,
        "1",
    )


def test_a_wrong_as_of_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"as\.of='2025-13-01': must be a date"):
        CsvSourceConnector({"name": "a", "input.path": "/", "as.of": "2025-13-01"})


def test_a_table_name_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match="table='a; drop table b'"):
        TableSourceConnector({**UPDATES_SOURCE, "table": "a; drop table b"})
