-- Knowledge that ended before it began: a record of the future in a backfill, or clocks that disagree.
{{ config(severity='warn') }}

{% for entities in ['cycles', 'teams', 'people', 'objectives', 'key_results', 'check_ins', 'scores'] %}
select
    '{{ entities }}' as entities,
    versions.file_id,
    versions.row_number,
    versions.known_at,
    versions.known_until
from {{ ref('int_' ~ entities ~ '_unioned') }} versions
where versions.known_until < versions.known_at
{{ 'union all' if not loop.last }}
{% endfor %}
