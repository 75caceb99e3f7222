"""The page people open first: the verdicts run by run, readable without a network.

Great Expectations' own index builds its table with scripts from elsewhere; its result pages do without them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment

from quality.verdict import Finding, Verdict

__all__ = ["PastRun", "write_front_page"]

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Data quality at the two doors</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .3rem .8rem .3rem 0;
vertical-align: top; border-bottom: 1px solid #8884; overflow-wrap: break-word; }
th, .runs td:not(:last-child) { white-space: nowrap; }
</style>
<h1>Data quality at the two doors</h1>
<p>Newest: <strong>door {{ verdict.door }} {{ verdict.sentence() }}</strong></p>
{% if unmet %}<table>
<tr><th>Severity<th>Asset<th>Column<th>Observed<th>Expected</tr>
{% for finding in unmet %}<tr><td>{{ finding.severity }}<td>{{ finding.asset }}<td>{{ finding.column or "" }}
<td>{{ finding.observed }}<td>{{ finding.expected }}</tr>
{% endfor %}</table>{% endif %}
<h2>Runs</h2>
<table class="runs">
<tr><th>When (UTC)<th>Door<th>Verdict<th>Expectations met<th>Pages</tr>
{% for run in runs %}<tr><td>{{ run.moment }}<td>{{ run.door }}<td>{{ run.outcome }}
<td>{{ run.met }} of {{ run.total }}
<td>{% for page in pages(run) %}<a href="{{ page.as_posix() | urlencode }}">{{ page.parts[3] }}</a>
{% endfor %}</tr>
{% endfor %}</table>
<p>Also: <a href="site/index.html">the index of Great Expectations</a> (needs a network for its table).</p>
</html>
"""


@dataclass(frozen=True, slots=True)
class PastRun:
    """One earlier check, as okr_ops.quality_results tells it; `moment` is UTC."""

    validation_id: str
    door: str
    moment: str
    outcome: str
    met: int
    total: int


def write_front_page(folder: Path, verdict: Verdict, runs: Sequence[PastRun]) -> Path:
    """Write `folder`/index.html: what the newest check found, and links to the pages of all kept runs."""
    pages = {page: page.parts[-3] for page in (folder / "site" / "validations").rglob("*.html")}

    def of(run: PastRun) -> list[Path]:
        return sorted(page.relative_to(folder) for page, name in pages.items() if name == run.validation_id)

    unmet: list[Finding] = [*verdict.unmet(critical=True), *verdict.unmet(critical=False)]
    template = Environment(autoescape=True).from_string(PAGE)
    kept = [run for run in runs if of(run)]
    index = folder / "index.html"
    index.write_text(template.render(verdict=verdict, unmet=unmet, runs=kept, pages=of), encoding="utf-8")
    return index
