"""`okr bench`: the benchmarks."""

from __future__ import annotations

import json
from random import SystemRandom
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

import settings
from stack.bench.chaos import ChaosOptions, Round, chaos
from stack.bench.orchestration import orchestration
from stack.cli.command import LazyGroup, command, json_option
from stack.pipeline.reporters import reporter_for

__all__ = ["bench", "bench_chaos", "bench_orchestration"]

SEEDS = 1_000_000
FEWEST_FILES = 8


@click.group(
    "bench",
    cls=LazyGroup,
    lazy={
        "orchestration": "stack.cli.bench:bench_orchestration",
        "chaos": "stack.cli.bench:bench_chaos",
    },
    examples=("okr bench orchestration --json", "okr bench chaos --seed 7 --rounds 40"),
)
def bench() -> None:
    """Measure the product beside the tools it is made of."""


@command("orchestration", "okr bench orchestration", "okr bench orchestration --runs 3 --json")
@click.option("--runs", type=click.IntRange(1), default=1, show_default=True, help="How often each is run.")
@json_option
def bench_orchestration(runs: int, as_json: bool) -> None:
    """Measure what Airflow adds to a plain `dbt build`.

    The whole graph is run both ways, one after the other. The services must be up (`okr up`).
    """
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


@command("chaos", "okr bench chaos --rounds 40", "okr bench chaos --seed 7 --rounds 3 --rows 20000 --json")
@click.option(
    "--seed", type=click.IntRange(min=0), help="Same seed, same files and disturbances.  [default: any]"
)
@click.option("--rounds", type=click.IntRange(1), default=10, show_default=True, help="Disturbed loads.")
@click.option("--rows", type=click.IntRange(1000), default=200_000, show_default=True, help="Rows of a load.")
@click.option(
    "--files", type=click.IntRange(FEWEST_FILES), default=30, show_default=True, help="Files of a load."
)
@json_option
def bench_chaos(seed: int | None, rounds: int, rows: int, files: int, as_json: bool) -> None:
    """Kill and stop what loads; all must come out the same.

    That is worker, tasks, broker and database, at moments drawn from the seed; every table must be that of an
    undisturbed load. It happens in a warehouse of its own, on free ports, which is gone afterwards. Exit code
    1 where a table differs, with its first differing rows.
    """
    options = ChaosOptions(SystemRandom().randrange(SEEDS) if seed is None else seed, rounds, rows, files)
    console = Console(stderr=as_json)
    console.print(f"seed {options.seed}: {rows:,} rows in {files} files", highlight=False)
    with reporter_for(console) as reporter:
        facts = chaos(settings.load(), options, reporter, lambda each: _tell(console, each))
    if as_json:
        click.echo(json.dumps(facts, indent=2))
    else:
        console.print(_chaos_table(facts))
    if not all(each["equal"] for each in facts["results"]):
        raise SystemExit(1)


def _tell(console: Console, this: Round) -> None:
    """One round, as soon as it has ended."""
    verdict = "equal" if this.equal else "[red]DIFFERS[/]"
    done = escape("; ".join(this.disturbances) or "nothing")
    console.print(f"round {this.round} ({this.loader}), {this.seconds} s, {verdict}: {done}", soft_wrap=True)
    for problem in this.problems:
        console.print(f"  {escape(problem)}", highlight=False, soft_wrap=True)


def _chaos_table(facts: dict[str, Any]) -> Table:
    title = (
        f"Seed {facts['seed']}: {facts['rows']:,} rows in {facts['files']} files; undisturbed "
        f"{facts['undisturbed_seconds']} s"
    )
    table = Table(title=title, title_justify="left", box=box.SIMPLE)
    for name in ("round", "loader", "what was done when", "seconds", "digests"):
        table.add_column(name, justify="right" if name in ("round", "seconds") else "left")
    for each in facts["results"]:
        done = escape("\n".join(each["disturbances"]) or "nothing")
        equal = "equal" if each["equal"] else "DIFFER"
        table.add_row(str(each["round"]), each["loader"], done, str(each["seconds"]), equal)
    return table
