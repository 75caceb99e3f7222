"""`okr bench`: the benchmarks."""

from __future__ import annotations

import json

import click

import settings
from stack.bench.orchestration import orchestration
from stack.cli.command import LazyGroup, command, json_option

__all__ = ["bench", "bench_orchestration"]


@click.group(
    "bench",
    cls=LazyGroup,
    lazy={"orchestration": "stack.cli.bench:bench_orchestration"},
    examples=("okr bench orchestration", "okr bench orchestration --json"),
)
def bench() -> None:
    """Measure the product beside the tools it is made of."""


@command("orchestration", "okr bench orchestration", "okr bench orchestration --runs 3 --json")
@click.option("--runs", type=click.IntRange(1), default=1, show_default=True, help="How often each is run.")
@json_option
def bench_orchestration(runs: int, as_json: bool) -> None:
    """Run the whole graph through Airflow beside a plain `dbt build`; the services must be up (`okr up`)."""
    facts = orchestration(settings.load(), runs, lambda text: click.echo(text, err=True))
    if as_json:
        click.echo(json.dumps(facts, indent=2))
        return
    click.echo(f"{'run':>3}  {'dbt build':>10}  {'okr_transform':>13}  {'tasks':>5}  {'added per task':>14}")
    for each in facts["results"]:
        click.echo(
            f"{each['run']:>3}  {each['dbt_build_seconds']:>8.1f} s  {each['dag_seconds']:>11.1f} s"
            f"  {each['tasks']:>5}  {each['added_seconds_per_task']:>12.2f} s"
        )
    ratios = facts["ratios"]
    click.echo(
        f"Airflow adds {ratios['added_seconds_per_task']:.2f} s per rendered task "
        f"(aim: {ratios['aim_seconds_per_task']} or less)"
    )
