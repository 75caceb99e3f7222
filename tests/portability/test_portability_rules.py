"""Each rule turns red at its violation and stays green at the way to write it."""

from __future__ import annotations

from pathlib import Path

import findings
import pytest
import rule_page
from portability_rule import RULES, Rule
from project_settings import wrong_settings
from sql_statement import Statement

from settings import ROOT

# Rules marked G in section 6 of the reference for writing both databases' SQL.
MARKED_G = {1, 2, 5, 7, 12, 13, 14, 15, 16, 17, 23}
# Where what breaks Postgres is another thing than what breaks Oracle.
ON_POSTGRES = {
    "G7-type": (
        "select cast(dim.title as varchar2(40)) as title from dim_key_results dim",
        "select cast(dim.title as varchar(40)) as title from dim_key_results dim",
    ),
    "G16-recursive-word": (
        RULES["G16-recursive-word"].good,
        RULES["G16-recursive-word"].bad,
    ),
}
CASES = [(rule, target) for rule in RULES.values() for target in rule.reads]


def found(sql: str, target: str, source: str = "") -> set[str]:
    reading = findings.read_all([Statement(target, "model.okr.planted", "planted.sql", sql, source=source)])
    return {finding.rule for finding in reading.findings}


def texts(rule: Rule, target: str) -> tuple[str, str]:
    return (
        ON_POSTGRES.get(rule.rule, (rule.bad, rule.good)) if target == "postgres" else (rule.bad, rule.good)
    )


@pytest.mark.parametrize(("rule", "target"), CASES, ids=lambda case: getattr(case, "rule", case))
def test_a_planted_violation_turns_red(rule: Rule, target: str) -> None:
    assert rule.rule in found(texts(rule, target)[0], target)


@pytest.mark.parametrize(("rule", "target"), CASES, ids=lambda case: getattr(case, "rule", case))
def test_the_way_to_write_it_stays_green(rule: Rule, target: str) -> None:
    allowed = {"G12-dual"} if target == "postgres" else set()
    assert found(texts(rule, target)[1], target) <= allowed


def test_every_rule_marked_g_has_a_check_and_is_on_the_page() -> None:
    page = rule_page.page()
    assert rule_page.rule_numbers() == MARKED_G
    assert [number for number in MARKED_G if f"Source: rule {number} of the reference" not in page] == []


def test_the_page_is_up_to_date() -> None:
    assert (ROOT / "docs" / "portability.md").read_text(encoding="utf-8") == rule_page.page()


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("select a_table.title from a_table where a_table.title ~* 'x'", "G14-tilde"),
        ("select count(*) from a_table as other_table, b_table c_table", "G13-table-as"),
        ("select x_rows.n from (select 1 as n from dual) as x_rows", "G13-table-as"),
        ("delete from a_table where a_table.is_late", "G5-predicate"),
        ("select case when (a_table.is_late) then 1 end as late from a_table", "G5-predicate"),
        (
            "select sum(case when a_table.score > 1 and a_table.is_late then 1 end) as late from a_table",
            "G5-predicate",
        ),
        ("select coalesce(a_table.score > 1, 0) as late from a_table", "G5-value"),
        ("select exists (select 1 from b_table) as is_there from a_table", "G5-value"),
        ("select a_table.title from a_table where exists (select 1 from b_table where b_table.n = 1)", None),
        ("create table a_table (is_late boolean)", "G5-type"),
        ("create table a_table (title text)", "G7-type"),
        ("select generate_series(1, 3) as day_number from dual", "G12-values"),
        ("insert into a_table (title) values ('a'), ('b')", "G12-values"),
        ("select array_agg(a_table.title) as titles from a_table", "G12-values"),
        ("select string_to_array(a_table.title, ',') as titles from a_table", "G12-values"),
        ("select cast(a_table.title as integer[]) as numbers from a_table", "G12-values"),
        ("with level as (select 1 as n from dual) select level.n from level", "G1-reserved"),
        ("select * from (with a_step as (select 1 as n from dual) select n from a_step) rows_of", None),
        ("insert into a_table (title) values ('a')", None),
        ("select extract(year from a_table.made_at) as made_year from a_table", None),
        (
            "select cast(teams.score as integer) as score from teams where teams.title = 'limit 5; a::b'",
            None,
        ),
        ("select a_table.title from a_table -- limit 5 :: ilike", None),
    ],
)
def test_rules_read_clauses_not_words(sql: str, rule: str | None) -> None:
    assert found(sql, "oracle") == ({rule} if rule else set())


def test_steps_inside_blocks_are_read() -> None:
    plsql = "begin update teams set n = 1; if 1 = 1 then select 1 into n from teams limit 1; end if; end;"
    assert "G14-limit" in found(plsql, "oracle")
    postgres = (
        "do $block$ begin perform 1; insert into a_table select cast(b.x as number) from b; end $block$"
    )
    assert "G7-type" in found(postgres, "postgres")


def test_an_exception_counts_with_a_reason_and_only_where_it_is_needed() -> None:
    bad = "select a_table.title from a_table limit 5"
    assert found(f"-- portability: G14-limit: this model runs on Postgres alone\n{bad}", "oracle") == set()
    assert (
        found(f"-- portability: G14-limit(limit): this model runs on Postgres alone\n{bad}", "oracle")
        == set()
    )
    assert found(bad, "oracle", "# portability: G14-limit: this test runs on Postgres alone") == set()
    assert found(f"-- portability: G14-limit\n{bad}", "oracle") == {"G14-limit"}
    assert found(f"-- portability: G14-ilike: this model runs on Postgres alone\n{bad}", "oracle") == {
        "G14-limit",
        "G14-ilike",
    }


def test_what_nobody_can_read_is_told() -> None:
    assert "unreadable" in found("select from where ((", "oracle")


def test_settings_that_quote_names_are_found(tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text("quoting: {database: false, identifier: true}\n")
    (tmp_path / "profiles.yml").write_text("okr: {outputs: {oracle: {type: oracle, host: localhost}}}\n")
    assert len(list(wrong_settings(tmp_path))) == 4
    assert list(wrong_settings(ROOT)) == []
