{# Whether a version counts for a learner that stands at a moment: recorded before it (a backfill brings ten years on one
   day, so the source's own word about when decides), and, if it was withdrawn, actually held at that moment. #}
{% macro held_at(versions, moment, known_from='known_from', known_to='known_to') -%}
    (
        coalesce({{ versions }}.recorded_at, {{ versions }}.{{ known_from }}) < {{ moment }}
        and (
            coalesce({{ versions }}.{{ known_to }}, {{ end_of_time() }}) = {{ end_of_time() }}
            or ({{ versions }}.{{ known_from }} < {{ moment }} and {{ versions }}.{{ known_to }} >= {{ moment }})
        )
    )
{%- endmacro %}
