"""Definitions of configuration keys: each once, with type, default, validator, importance and a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ingestion.errors import ConfigError
from settings import environment, no_such_variable

__all__ = [
    "ConfigDef",
    "ConfigKey",
    "Importance",
    "Type",
    "at_least",
    "between",
    "check_variables",
    "one_of",
]

REQUIRED: Any = object()
ENVIRONMENT_PREFIX = "OKR_INGESTION_"
Validator = Callable[[Any], str | None]


class Type(StrEnum):
    """Types of Kafka Connect that are used here."""

    STRING = "STRING"
    INT = "INT"
    DOUBLE = "DOUBLE"
    BOOLEAN = "BOOLEAN"
    LIST = "LIST"


class Importance(StrEnum):
    """How likely someone wants to change a key."""

    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"


@dataclass(frozen=True, slots=True)
class ConfigKey:
    """One configuration key. A default of REQUIRED (the default) means it must be given."""

    name: str
    type: Type
    documentation: str
    default: Any = REQUIRED
    validator: Validator | None = None
    allowed: str = ""
    importance: Importance = Importance.MEDIUM

    @property
    def is_required(self) -> bool:
        """Whether there is no default."""
        return self.default is REQUIRED

    @property
    def variable(self) -> str:
        """Environment variable that overrides the default, e.g. OKR_INGESTION_TASKS_MAX."""
        return ENVIRONMENT_PREFIX + self.name.upper().replace(".", "_")

    def parse(self, value: Any) -> Any:
        """Cast and check a value. Raises ConfigError with the key, the value and what is allowed."""
        try:
            parsed = _CASTS[self.type](value)
        except (TypeError, ValueError) as problem:
            raise ConfigError(f"{self.name}={value!r}: must be of type {self.type}") from problem
        if self.validator and (complaint := self.validator(parsed)):
            raise ConfigError(f"{self.name}={value!r}: {complaint}")
        return parsed


class ConfigDef:
    """The keys one connector understands."""

    def __init__(self, keys: Iterable[ConfigKey]) -> None:
        self.keys = {key.name: key for key in keys}

    def __add__(self, other: ConfigDef) -> ConfigDef:
        return ConfigDef([*self.keys.values(), *other.keys.values()])

    def parse(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Values of all keys: those given, else from the environment, else the defaults.

        Raises ConfigError naming every wrong key at once; unknown keys are wrong too.
        """
        problems = [f"{name}: not a key of this connector" for name in given if name not in self.keys]
        values: dict[str, Any] = {}
        variables = environment()
        for key in self.keys.values():
            from_environment = key.name not in given and variables.get(key.variable)
            raw = given.get(key.name, from_environment or None)
            try:
                if raw is not None:
                    values[key.name] = key.parse(raw)
                elif key.is_required:
                    problems.append(f"{key.name}: missing, and has no default")
                else:
                    values[key.name] = key.default
            except ConfigError as problem:
                text = str(problem)
                problems.append(text.replace(key.name, key.variable, 1) if from_environment else text)
        if problems:
            raise ConfigError("; ".join(problems))
        return values

    def definitions(self) -> list[dict[str, Any]]:
        """The keys in the shape of Connect's REST API (`definition` objects)."""
        return [
            {
                "name": key.name,
                "type": key.type.value,
                "required": key.is_required,
                "default_value": None if key.is_required else _text(key.default),
                "importance": key.importance.value,
                "documentation": key.documentation,
                "group": "Common",
                "width": "MEDIUM",
                "display_name": key.name,
                "dependents": [],
                "order": order,
            }
            for order, key in enumerate(self.keys.values(), start=1)
        ]

    def reference(self, title: str) -> str:
        """The reference page of these keys, as Markdown."""
        lines = [f"## {title}", "", "| key | type | default | allowed | meaning |", "|---|---|---|---|---|"]
        for key in self.keys.values():
            default = "required" if key.is_required else f"`{_text(key.default)}`"
            lines.append(
                f"| `{key.name}` | {key.type.lower()} | {default} | {key.allowed} | {key.documentation} |"
            )
        return "\n".join(lines)


def check_variables(*definitions: ConfigDef) -> None:
    """Raise ConfigError for each `OKR_INGESTION_` variable that overrides no key of these definitions."""
    known = [key.variable for definition in definitions for key in definition.keys.values()]
    problems = [
        no_such_variable(name, known)
        for name in sorted(environment())
        if name.startswith(ENVIRONMENT_PREFIX) and name not in known
    ]
    if problems:
        raise ConfigError("; ".join(problems))


def at_least(lowest: float) -> Validator:
    """A validator: a number not under `lowest`."""
    return lambda value: None if value >= lowest else f"must be at least {lowest}"


def between(lowest: float, highest: float) -> Validator:
    """A validator: a number within both bounds."""
    return lambda value: None if lowest <= value <= highest else f"must be between {lowest} and {highest}"


def one_of(*allowed: str) -> Validator:
    """A validator: one of a few words."""
    return lambda value: None if value in allowed else f"must be one of {', '.join(allowed)}"


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word not in {"true", "false"}:
        raise ValueError(value)
    return word == "true"


def _list(value: Any) -> list[str]:
    if isinstance(value, str):
        return [item.strip() for item in value.split(",") if item.strip()]
    return [str(item) for item in value]


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


_CASTS: dict[Type, Callable[[Any], Any]] = {
    Type.STRING: str,
    Type.INT: lambda value: int(str(value)),
    Type.DOUBLE: lambda value: float(str(value)),
    Type.BOOLEAN: _boolean,
    Type.LIST: _list,
}
