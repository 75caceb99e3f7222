"""Great Expectations' results, said in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from quality.suites.asset import Asset
from quality.verdict import Finding

__all__ = ["findings_of"]

SAMPLES = 3
LONGEST_SAMPLE = 200


def findings_of(asset: Asset, results: Iterable[Any]) -> list[Finding]:
    """One finding per expectation of the asset, in the suite's own order (GX answers in another)."""
    place = {_identity(rule.configuration): number for number, rule in enumerate(asset.expectations)}
    found = sorted(results, key=lambda result: place[_identity(result.expectation_config)])
    return [_finding(asset, result) for result in found]


def _identity(configuration: Any) -> tuple[str, str, str]:
    words = configuration.meta or {}
    return configuration.type, str(configuration.kwargs.get("column")), str(words.get("expected"))


def _finding(asset: Asset, result: Any) -> Finding:
    configuration = result.expectation_config
    words = configuration.meta or {}
    return Finding(
        asset=asset.name,
        expectation=configuration.type,
        column=words.get("column") or configuration.kwargs.get("column"),
        severity=str(getattr(configuration.severity, "value", configuration.severity)),
        is_met=bool(result.success),
        expected=words["expected"],
        observed=_observed(result),
        problem=words.get("problem"),
    )


def _observed(result: Any) -> str:
    if message := _raised(result.exception_info or {}):
        return f"nothing, it could not be checked ({message})"
    answer = result.result
    if "observed_value" in answer:
        return _number(answer["observed_value"])
    count, rows = answer.get("unexpected_count") or 0, answer.get("element_count") or 0
    if not count:
        return f"no exception in {rows} rows"
    samples = [sample for sample in answer.get("partial_unexpected_list") or [] if sample is not None]
    named = "; ".join(
        str(sample)[:LONGEST_SAMPLE] for sample in list(dict.fromkeys(map(str, samples)))[:SAMPLES]
    )
    share = answer.get("unexpected_percent_total", answer.get("unexpected_percent")) or 100 * count / max(
        rows, 1
    )
    return f"{count} of {rows} rows ({share:.2g} %)" + (f": {named}" if named else "")


def _number(observed: Any) -> str:
    return f"{observed:.4g}" if isinstance(observed, float) else str(observed)


def _raised(info: dict[str, Any]) -> str | None:
    """First line of the exception GX met, which it keeps either directly or once per metric."""
    for entry in [info, *(value for value in info.values() if isinstance(value, dict))]:
        if entry.get("raised_exception"):
            return str(entry["exception_message"]).strip().splitlines()[0]
    return None
