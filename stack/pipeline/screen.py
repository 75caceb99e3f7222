"""The result of a run, drawn from its facts."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

__all__ = ["show"]

Facts = dict[str, Any]
TROUBLED_SHOWN = 5


def show(facts: Facts, console: Console) -> None:
    """Print the result: what came in, what was built, what is forecast, how to go on."""

    def say(text: str = "") -> None:
        console.print(text, highlight=False, soft_wrap=True)

    say()
    say(f"[bold]Result as of {facts['as_of']}[/]")
    for line in [
        *files(facts),
        *unreadable_cells(facts),
        *warehouse(facts),
        *quality(facts),
        *champion(facts),
    ]:
        say(line)
    if facts["forecast"] and facts["forecast"]["evaluations"]:
        console.print(evaluations(facts["forecast"]["evaluations"]))
    if not facts["most_likely_missed"]:
        say(
            "Most likely to be missed: nothing to show; no open key result has a forecast as of "
            f"{facts['as_of']}"
        )
    else:
        say("[bold]Most likely to be missed[/]")
        for row in facts["most_likely_missed"]:
            for line in missed(row):
                say(line)
    say()
    for line in times(facts) + onward(facts):
        say(line)


def files(facts: Facts) -> list[str]:
    """What came in, and what of it needs a look."""
    ledger = facts["files"]
    if ledger is None:
        return ["Files      unknown: the database did not start"]
    if not ledger["files"]:
        return [f"Files      none: {escape(facts['data'])} holds no CSV file that could be read"]
    now = facts["loaded_now"].get("files")
    lines = [
        f"Files      {ledger['files']:,} in the ledger"
        + (f" ({now:,} new)" if now is not None else "")
        + f", {ledger['unknown']:,} of unknown layout, {ledger['ignored']:,} ignored",
        f"Rows       {ledger['rows_read']:,} read = {ledger['rows_loaded']:,} loaded"
        f" + {ledger['rows_rejected']:,} rejected + {ledger['rows_skipped']:,} skipped",
    ]
    troubled = facts["troubled_files"]
    for file in troubled[:TROUBLED_SHOWN]:
        why = file["reason"] or (
            f"nearest layout: {file['nearest_dataset']}" if file["nearest_dataset"] else ""
        )
        word = file["status"] if file["status"] in ("held", "failed") else "unknown layout"
        lines.append(f"           {word}: {escape(file['path'])}  [dim]{escape(why)}[/]")
    if len(troubled) > TROUBLED_SHOWN:
        lines.append(f"           … {len(troubled) - TROUBLED_SHOWN} more: okr files list")
    return lines


def unreadable_cells(facts: Facts) -> list[str]:
    """Cells that count as empty, for they are not what their column holds: where, and what they say."""
    cells = facts["unreadable_cells"]
    if not cells:
        return []
    lines = [f"Cells      {cells[0]['found']:,} could not be read and count as empty; their rows count"]
    lines += [
        f"           {escape(cell['path'])}, line {cell['line_number']}: {escape(cell['column_name'])} "
        f"{escape(repr(cell['cell_text'] or ''))} [dim]{escape(cell['reason'])}[/]"
        for cell in cells
    ]
    if (more := cells[0]["found"] - len(cells)) > 0:
        lines.append(f"           … {more:,} more: okr sql 'select * from rpt_unreadable_cells'")
    return lines


def warehouse(facts: Facts) -> list[str]:
    """Models and tests."""
    built = facts["warehouse"]
    if built is None:
        return ["Warehouse  not built"]
    good = built["tests"] - built["warned"]
    good -= sum(failure["kind"] in ("test", "unit_test") for failure in built["failures"])
    warned = f", {built['warned']:,} warned" if built["warned"] else ""
    skipped = f", {built['skipped']:,} skipped after a failure" if built["skipped"] else ""
    lines = [
        f"Warehouse  {built['models']:,} models, {good:,} of {built['tests']:,} tests passed{warned}{skipped}"
    ]
    lines += [
        f"           [red]failed[/]: {escape(each['node'])}: {escape(each['message'])}"
        for each in built["failures"][:5]
    ]
    lines += [
        f"           [yellow]warned[/]: {escape(each['node'])}: {escape(each['message'])}"
        for each in built["warnings"][:5]
    ]
    return lines


def quality(facts: Facts) -> list[str]:
    """The word of both doors."""
    doors = facts["quality"].items()
    lines = [f"Quality    {name} door: {escape(door['text'] or door['verdict'])}" for name, door in doors]
    pages = [door["data_docs"] for _, door in doors if "data_docs" in door]
    return lines + [f"           every check: {escape(page)}" for page in pages[:1]]


def champion(facts: Facts) -> list[str]:
    """Who forecasts, named for what it is, and why."""
    forecast = facts["forecast"]
    if forecast is None:
        return ["Forecast   none"]
    decision = forecast["champion"]
    if decision is None:
        return [f"Forecast   none: {escape(forecast['training'])}"]
    kind = "baseline" if decision["is_baseline"] else f"model, version {decision['model_version']}"
    lines = [
        f"Forecast   by [bold]{escape(words(decision['champion']))}[/] ({kind})",
        f"           {escape(forecast['reason'])}",
    ]
    if forecast["has_enough_labels"] == 0:
        lines.append("           not enough graded history: what is shown is a rule, not a learned forecast")
    lines.append(f"           {escape(forecast['scoring'])}")
    return lines


def evaluations(rows: list[Facts]) -> Table:
    """All baselines and the model on cycles they never saw."""
    first = rows[0]
    table = Table(
        title=f"On {first['cycles_tested']} cycles not seen in training, {first['labels_tested']:,}"
        " graded key results (Brier score: lower is better)",
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE,
    )
    for name in ("forecaster", "", "Brier score", "95 % interval", "skill", "log loss", "ROC AUC"):
        table.add_column(name, no_wrap=True, justify="left" if name in ("forecaster", "") else "right")
    for row in rows:
        interval = f"{number(row['brier_score_low'])} – {number(row['brier_score_high'])}"
        table.add_row(
            escape(words(row["forecaster"])),
            "baseline" if row["is_baseline"] else "model",
            number(row["brier_score"]),
            interval,
            number(row["brier_skill"], signed=True),
            number(row["log_loss"]),
            number(row["roc_auc"]),
        )
    return table


def missed(row: Facts) -> list[str]:
    """One key result: how likely it is attained or how far it lags, where it stands, why, and whose it is."""
    title = escape(str(row["key_result_title"]))
    if row["attainment_probability"] is None:
        zone = escape(words(row["pace_zone"] or "no pace"))
        lines = [f"  [bold]{zone}[/] by the {row['forecast_basis']}  {title}"]
    else:
        interval = f"{percent(row['probability_low'])}–{percent(row['probability_high'])}"
        chance = percent(row["attainment_probability"])
        lines = [f"  [bold]{chance:>5}[/] ({interval}) to be attained  {title}"]
    whose = " · ".join(row[name] for name in ("team_name", "objective_title", "owner_name") if row[name])
    stands = f"progress {percent(row['progress'])}, {percent(row['elapsed'])} of the cycle gone"
    gap = row["pace_gap"]
    stands += f", {points(abs(gap))} {'behind' if gap > 0 else 'ahead of'} pace" if gap else ""
    lines.append(f"         {stands}" + (f"  [dim]{escape(whose)}[/]" if whose else ""))
    if reasons := reason_texts(row["reasons"]):
        lines.append(f"         why: {escape('; '.join(reasons))}")
    return lines


def reason_texts(reasons: Any) -> list[str]:
    """The strongest reasons in words."""
    if not isinstance(reasons, list):
        return []
    texts = []
    for reason in reasons[:3]:
        if isinstance(reason, dict):
            texts.append(str(reason.get("text") or f"{reason.get('feature')} = {reason.get('value')}"))
        else:
            texts.append(str(reason))
    return texts


def times(facts: Facts) -> list[str]:
    """Where the time went."""
    parts = [
        f"{stage['stage']} {stage['seconds']:.1f}" for stage in facts["stages"] if stage["seconds"] >= 0.1
    ]
    return [f"Time       {facts['seconds']:.1f} s: {', '.join(parts)} (some side by side)"]


def onward(facts: Facts) -> list[str]:
    """How to look further, how to connect, how to stop."""
    return [
        f"Connect    psql '{escape(facts['connect'])}'   or   okr sql",
        "Look       okr sql 'select * from rpt_cycle_summary' · okr files list · okr rejects list"
        " · okr export documents",
        "Stop       okr down   (Postgres and Kafka stay up until then)",
    ]


def words(name: str) -> str:
    """A name of the tables as people write it."""
    return name.replace("_", " ")


def number(value: float | None, signed: bool = False) -> str:
    """A score with three decimals."""
    if value is None:
        return "–"
    return f"{value:+.3f}" if signed else f"{value:.3f}"


def points(value: float) -> str:
    """A difference of shares, which is not a share."""
    return f"{100 * value:.0f} points"


def percent(value: float | None) -> str:
    """A share in whole percent; what is nearly nothing or nearly all is not rounded to it."""
    if value is None:
        return "–"
    if 0 < value < 0.005:
        return "<1 %"
    return ">99 %" if 0.995 < value < 1 else f"{100 * value:.0f} %"
