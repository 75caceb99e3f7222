"""okr_ops.quality_results: the log of what every check found."""

from __future__ import annotations

import psycopg

from quality.front_page import PastRun
from quality.verdict import Verdict

__all__ = ["past_runs", "store"]

INSERT = """
insert into okr_ops.quality_results
    (validation_id, expectation_number, door, asset, expectation, column_name, severity, is_met, observed)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
NEWEST = """
select
    validation_id,
    min(door),
    to_char(min(validated_at) at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'),
    case max(case when is_met = 1 then 0 when severity = 'critical' then 2 else 1 end)
        when 0 then 'passed' when 1 then 'warned' else 'failed'
    end,
    sum(is_met),
    count(*)
from okr_ops.quality_results
group by validation_id
order by min(validated_at) desc
fetch first 100 rows only
"""


def store(connection: psycopg.Connection, verdict: Verdict) -> None:
    """Add one row per expectation; its words follow its name (`expect_column_...: between 0 and 1`)."""
    rows = [
        (
            verdict.validation_id,
            number,
            verdict.door,
            finding.asset,
            f"{finding.expectation}: {finding.expected}"[:200],
            finding.column and finding.column[:200],
            finding.severity,
            int(finding.is_met),
            finding.observed[:4000],
        )
        for number, finding in enumerate(verdict.findings, start=1)
    ]
    with connection.transaction():
        connection.cursor().executemany(INSERT, rows)


def past_runs(connection: psycopg.Connection) -> list[PastRun]:
    """The newest checks of both doors, newest first."""
    return [PastRun(*row) for row in connection.execute(NEWEST).fetchall()]
