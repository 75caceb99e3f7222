"""The raw door: the ledger of files and the rows that came in, before dbt reads them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from great_expectations.expectations.expectation import Expectation

from quality.suites.asset import Asset
from quality.suites.limits import KNOWN_DATASET_SHARE, REJECT_SHARE
from quality.suites.rules import CRITICAL, WARNING
from quality.suites.template import template_datasets

__all__ = ["raw_assets"]

# A derived column is null where a row is right, else it says in words what is wrong with it: the words reach
# the verdict and the Data Docs, where a bare count would send people searching.
LEDGER = """
with counted as (
    select records.file_id, count(*) as count_records
    from okr_raw.records
    group by records.file_id
),
refused as (
    select rejects.file_id, count(*) as count_rejects
    from okr_raw.rejects
    where rejects.resolved_at is null
    group by rejects.file_id
),
published as (
    select publications.file_id, max(publications.publish_seq) as publish_seq
    from okr_raw.publications
    where publications.action = 'publish'
    group by publications.file_id
),
ledger as (
    select
        files.*,
        published.publish_seq as published_as,
        coalesce(counted.count_records, 0) as count_records,
        coalesce(refused.count_rejects, 0) as count_rejects
    from okr_raw.files
    left join counted on files.file_id = counted.file_id
    left join refused on files.file_id = refused.file_id
    left join published on files.file_id = published.file_id
    where files.status = 'loaded'
)
select
    path,
    sha256,
    known_at,
    case when rows_read is null or rows_read <> rows_loaded + rows_rejected + rows_skipped
        then path || ': read ' || coalesce(cast(rows_read as text), 'unknown') || ', loaded ' || rows_loaded
            || ', rejected ' || rows_rejected || ', skipped ' || rows_skipped
    end as imbalance,
    case when rows_loaded <> count_records
        then path || ': the ledger says ' || rows_loaded || ', okr_raw.records holds ' || count_records
    end as lost_records,
    case when rows_rejected <> count_rejects
        then path || ': the ledger says ' || rows_rejected || ', okr_raw.rejects holds ' || count_rejects
    end as lost_rejects,
    case when published_as is null or publish_seq is null
        then path || ' has no publication'
    end as unpublished,
    case when rows_rejected > {reject_share} * rows_read
        then path || ': ' || rows_rejected || ' of ' || rows_read || ' rows rejected'
    end as many_rejects,
    case when dataset = 'unknown'
        then path || coalesce(' (nearest ' || nearest_dataset || ')', '')
    end as unrecognised
from ledger
"""

WAITING = """
select
    files.path,
    files.path || ' is ' || files.status || coalesce(': ' || files.reason, '') as waiting
from okr_raw.files
where files.status in ('loading', 'held', 'failed')
"""

PUBLICATIONS = """
with numbered as (
    select
        publications.publish_seq,
        coalesce(lag(publications.publish_seq) over (order by publications.publish_seq), 0) as previous_seq,
        files.path,
        files.status
    from okr_raw.publications
    inner join okr_raw.files on publications.file_id = files.file_id
)
select
    publish_seq,
    case when publish_seq <> previous_seq + 1
        then 'publish_seq ' || publish_seq || ' follows ' || previous_seq
    end as gap,
    case when status in ('loading', 'held', 'failed')
        then path || ' was published but is ' || status
    end as contradiction
from numbered
"""

STRAYS = """
select distinct 'records' as source_table, records.file_id
from okr_raw.records
where not exists (select 1 from okr_raw.files where files.file_id = records.file_id)
union all
select distinct 'rejects' as source_table, rejects.file_id
from okr_raw.rejects
where not exists (select 1 from okr_raw.files where files.file_id = rejects.file_id)
"""


def raw_assets(published_datasets: Collection[str], as_of: date) -> list[Asset]:
    """What to check at the raw door: the ledger always, the cells of datasets that were published."""
    assets = [
        Asset(
            "okr_raw.files", "raw.files", LEDGER.replace("{reject_share}", str(REJECT_SHARE)), _ledger_rules()
        ),
        Asset(
            "okr_raw.files (not loaded)",
            "raw.waiting",
            WAITING,
            [WARNING.none("waiting", "no file waits", "status")],
        ),
        Asset("okr_raw.publications", "raw.publications", PUBLICATIONS, _publication_rules()),
        Asset(
            "okr_raw (strays)",
            "raw.strays",
            STRAYS,
            [CRITICAL.none("file_id", "every row's file is in the ledger")],
        ),
    ]
    return assets + [
        dataset.asset() for dataset in template_datasets(as_of) if dataset.name in published_datasets
    ]


def _ledger_rules() -> list[Expectation]:
    rejects = f"at most {REJECT_SHARE:.0%} of a file's rows rejected"
    known = f"{KNOWN_DATASET_SHARE:.0%} of the files have a known layout"
    return [
        WARNING.rows(1, problem="no file has been published"),
        CRITICAL.matches("sha256", "^[0-9a-f]{64}$", "64 hexadecimal digits"),
        CRITICAL.filled("known_at"),
        CRITICAL.none("imbalance", "rows read = loaded + rejected + skipped", "rows_read"),
        CRITICAL.none("lost_records", "as many records as the ledger says", "rows_loaded"),
        CRITICAL.none("lost_rejects", "as many open rejects as the ledger says", "rows_rejected"),
        CRITICAL.none("unpublished", "every loaded file is published", "publish_seq"),
        WARNING.none("many_rejects", rejects, "rows_rejected"),
        WARNING.none("unrecognised", known, "dataset", mostly=KNOWN_DATASET_SHARE),
    ]


def _publication_rules() -> list[Expectation]:
    return [
        CRITICAL.none("gap", "numbers follow one another without a gap", "publish_seq"),
        CRITICAL.none("contradiction", "only loaded or retracted files are published", "status"),
    ]


def _waiting_rules() -> list[Expectation]:
    return [WARNING.none("waiting", "no file is loading, held or failed", "status")]


def _stray_rules() -> list[Expectation]:
    return [CRITICAL.none("file_id", "every row's file is in the ledger")]
