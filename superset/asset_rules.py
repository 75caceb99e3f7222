"""What must hold of the files under assets/, checked against the contracts of the curated models.

OKR numbers are computed by dbt alone: a dataset joins curated tables and picks columns, a metric counts,
averages or takes the largest of one of them, and a chart names metrics of its dataset.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml
from sqlglot import ParseError, exp, parse_one

__all__ = ["problems"]

CURATED = Path(__file__).resolve().parent.parent / "dbt_project" / "models" / "curated"
DESCRIPTION = re.compile(r"\S.*Unit: \S.*As of: \S", re.DOTALL)
ALLOWED = (exp.Count, exp.Sum, exp.Avg, exp.Max, exp.Min)
COLUMN_LISTS = ("groupby", "columns", "all_columns")
METRIC_LISTS = ("metrics", "metric", "timeseries_limit_metric")
Asset = dict[str, Any]


def problems(files: dict[str, Asset]) -> list[str]:
    """One line for each thing that is wrong, beginning with the file; none when all is well."""
    contracts = curated_columns()
    kinds = {
        kind: {a["uuid"]: (p, a) for p, a in files.items() if p.startswith(f"{kind}/") and "uuid" in a}
        for kind in ("databases", "datasets", "charts", "dashboards")
    }
    found = [*identities(files)]
    for path, dataset in kinds["datasets"].values():
        found += linked(path, "database_uuid", dataset.get("database_uuid"), kinds["databases"])
        found += [f"{path}: {text}" for text in dataset_problems(dataset, contracts)]
    for path, chart in kinds["charts"].values():
        found += linked(path, "dataset_uuid", chart.get("dataset_uuid"), kinds["datasets"])
        if chart.get("dataset_uuid") in kinds["datasets"]:
            dataset = kinds["datasets"][chart["dataset_uuid"]][1]
            found += [f"{path}: {text}" for text in chart_problems(chart, dataset)]
    placed: set[str] = set()
    for path, dashboard in kinds["dashboards"].values():
        placed |= {meta["uuid"] for meta in chart_places(dashboard)}
        found += [f"{path}: {text}" for text in dashboard_problems(dashboard, kinds)]
    return found + [
        f"{path}: the chart stands on no dashboard"
        for uuid, (path, _) in kinds["charts"].items()
        if uuid not in placed
    ]


def curated_columns() -> dict[str, set[str]]:
    """The columns of each curated model, by the contracts beside the models."""
    return {
        model["name"]: {column["name"] for column in model["columns"]}
        for file in sorted(CURATED.rglob("*.yml"))
        for model in yaml.safe_load(file.read_text("utf-8")).get("models", [])
    }


def identities(files: dict[str, Asset]) -> Iterator[str]:
    """Every file has a uuid of its own."""
    if files.get("metadata.yaml", {}).get("type") != "assets":
        yield "metadata.yaml: missing, or its type is not assets"
    counts = Counter(asset.get("uuid") for path, asset in files.items() if path != "metadata.yaml")
    for path, asset in files.items():
        if path == "metadata.yaml":
            continue
        try:
            UUID(str(asset.get("uuid")))
        except ValueError:
            yield f"{path}: uuid {asset.get('uuid')!r} is none"
        if counts[asset.get("uuid")] > 1:
            yield f"{path}: uuid {asset.get('uuid')} is another file's too"


def linked(path: str, field: str, uuid: str | None, targets: dict[str, Any]) -> list[str]:
    """A uuid leads to a file."""
    return [] if uuid in targets else [f"{path}: {field} {uuid} leads to no file"]


def dataset_problems(dataset: Asset, contracts: dict[str, set[str]]) -> Iterator[str]:
    """Columns are in the contracts; SQL joins and picks; metrics count or average one column."""
    columns = {column["column_name"] for column in dataset["columns"]}
    if dataset.get("sql"):
        available: set[str] = set()
        yield from picked(dataset["sql"], contracts, available)
    else:
        available = contracts.get(dataset["table_name"], set())
        if not available:
            yield f"there is no curated model {dataset['table_name']!r}"
    for name in sorted(columns - available):
        yield f"column {name!r} is in no contract of its tables"
    for column in dataset["columns"]:
        if column.get("expression"):
            yield f"column {column['column_name']!r} computes {column['expression']!r}; dbt computes"
        if not column.get("description"):
            yield f"column {column['column_name']!r} has no description"
    for metric in dataset["metrics"]:
        yield from metric_problems(metric, columns)


def picked(sql: str, contracts: dict[str, set[str]], available: set[str]) -> Iterator[str]:
    """A dataset's SQL names curated tables and plain columns of theirs, which are added to `available`."""
    try:
        query = parse_one(sql, dialect="postgres")
    except ParseError as problem:
        yield f"its SQL cannot be read: {str(problem).splitlines()[0]}"
        return
    tables = {table.alias_or_name: table.name for table in query.find_all(exp.Table)}
    for name in sorted(set(tables.values()) - contracts.keys()):
        yield f"there is no curated model {name!r}"
    for column in query.find_all(exp.Column):
        if column.name not in contracts.get(tables.get(column.table, ""), set()):
            yield f"column {column.sql()!r} is in no contract"
    for selected in query.selects:
        if not isinstance(selected, exp.Column):
            yield f"{selected.sql()!r} is more than a column; dbt computes"
        available.add(selected.alias_or_name)


def metric_problems(metric: Asset, columns: set[str]) -> Iterator[str]:
    """A metric counts, adds up, averages or takes the largest or smallest of one column."""
    name, text = metric["metric_name"], metric["expression"]
    try:
        expression = parse_one(text, dialect="postgres")
    except ParseError:
        yield f"metric {name!r}: {text!r} cannot be read"
        return
    if not isinstance(expression, ALLOWED):
        yield f"metric {name!r}: {text!r} is more than counting, adding or averaging; dbt computes"
    if expression.find(exp.Binary) and not expression.find(exp.Case):
        yield f"metric {name!r}: {text!r} calculates; dbt computes"
    for column in expression.find_all(exp.Column):
        if column.name not in columns:
            yield f"metric {name!r}: column {column.name!r} is not in the dataset"
    if not metric.get("description"):
        yield f"metric {name!r} has no description"


def chart_problems(chart: Asset, dataset: Asset) -> Iterator[str]:
    """Its columns and metrics are the dataset's, and its description tells unit and as-of."""
    columns = {column["column_name"] for column in dataset["columns"]}
    metrics = {metric["metric_name"]: metric for metric in dataset["metrics"]}
    params = chart["params"]
    yield from ordering_problems(params, metrics)
    if not DESCRIPTION.search(chart.get("description") or ""):
        yield "the description must say what is counted, then 'Unit: …', then 'As of: …'"
    for column in used_columns(params):
        if column not in columns:
            yield f"column {column!r} is not in dataset {dataset['table_name']!r}"
    for field in METRIC_LISTS:
        value = params.get(field) or []
        for metric in value if isinstance(value, list) else [value]:
            if not isinstance(metric, str):
                yield f"{field} holds a metric of the chart's own; define it in the dataset"
            elif metric not in metrics:
                yield f"metric {metric!r} is not in dataset {dataset['table_name']!r}"


def ordering_problems(params: Asset, metrics: dict[str, Asset]) -> Iterator[str]:
    """A metric that orders the bars and is none of them must stay out of the picture.

    Superset 6.1 knows it by its name, so one with a label becomes a bar; it counts in totals anyway.
    """
    name = params.get("timeseries_limit_metric")
    if name is None or name != params.get("x_axis_sort") or name in params.get("metrics", []):
        return
    if metrics.get(name, {}).get("verbose_name"):
        yield f"metric {name!r} only orders the bars: with a verbose_name it is drawn as one"
    if params.get("stack"):
        yield f"metric {name!r} only orders the bars, and would be in their totals: name it in metrics too"


def used_columns(params: Asset) -> Iterator[str]:
    """Every column a chart names."""
    if params.get("x_axis"):
        yield params["x_axis"]
    for field in COLUMN_LISTS:
        yield from params.get(field) or []
    for order in params.get("order_by_cols") or []:
        yield yaml.safe_load(order)[0]
    for rule in params.get("adhoc_filters") or []:
        if rule["expressionType"] == "SIMPLE":
            yield rule["subject"]
        else:
            yield from (column.name for column in parse_one(rule["sqlExpression"]).find_all(exp.Column))


def chart_places(dashboard: Asset) -> list[Asset]:
    """What a dashboard says of each chart on it."""
    places = dashboard["position"].values()
    return [each["meta"] for each in places if isinstance(each, dict) and each["type"] == "CHART"]


def dashboard_problems(dashboard: Asset, kinds: dict[str, dict[str, tuple[str, Asset]]]) -> Iterator[str]:
    """Charts and the columns of filters are there; a filter leaves out only charts that stand here."""
    numbers = {meta["chartId"] for meta in chart_places(dashboard)}
    for meta in chart_places(dashboard):
        if meta["uuid"] not in kinds["charts"]:
            yield f"chart {meta.get('sliceName')!r} ({meta['uuid']}) leads to no file"
    for rule in dashboard["metadata"].get("native_filter_configuration", []):
        for target in rule["targets"]:
            _, dataset = kinds["datasets"].get(target["datasetUuid"], ("", {"columns": []}))
            if target["column"]["name"] not in {column["column_name"] for column in dataset["columns"]}:
                yield f"filter {rule['name']!r}: no column {target['column']['name']!r} in its dataset"
        for number in set(rule["scope"]["excluded"]) - numbers:
            yield f"filter {rule['name']!r} leaves out chart {number}, which is not here"
