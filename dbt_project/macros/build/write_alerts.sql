{% macro write_alerts(raised, settled) -%}
    {{ return(adapter.dispatch('write_alerts')(raised, settled)) }}
{%- endmacro %}

{% macro shows_rows(place) -%}
    {#- Showing its rows runs a test once more: not for each of a thousand. -#}
    {{ return(place <= 20) }}
{%- endmacro %}

{% macro text_literal(value, length=4000) -%}
    {%- if value is none -%}
        null
    {%- else -%}
        {{ dbt.string_literal(dbt.escape_single_quotes((value | string)[:length])) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__write_alerts(raised, settled) -%}
    do $dbt_alerts$
    #variable_conflict use_column
    declare
        shown_rows jsonb;
        full_detail jsonb;
    begin
        {% for alert in raised %}
            shown_rows := '[]';
            {% if alert.failing_rows and shows_rows(loop.index) %}
                begin
                    select coalesce(jsonb_agg(
                        case
                            when length(to_jsonb(failing)::text) <= 4000 then to_jsonb(failing)
                            else jsonb_build_object('cut', left(to_jsonb(failing)::text, 4000))
                        end
                    ), '[]')
                    into shown_rows
                    from (
                        select * from (
                            {{ alert.failing_rows }}
                        ) test_rows
                        limit 5
                    ) failing;
                -- The number of rows is known; that they cannot be shown is no reason not to tell of it.
                exception when others then
                    shown_rows := jsonb_build_array(jsonb_build_object('not_shown', sqlerrm));
                end;
            {% endif %}
            full_detail := {{ text_literal(tojson(alert.detail), 20000) }}::jsonb
                || jsonb_build_object('rows', shown_rows);
            perform pg_advisory_xact_lock(7461003);
            update {{ source('okr_ops', 'alerts') }}
            set
                owner = {{ text_literal(alert.owner, 200) }},
                message = {{ text_literal(alert.message) }},
                detail = full_detail
            where kind = '{{ alert.kind }}'
                and subject = {{ text_literal(alert.subject, 400) }}
                and settled_at is null;
            if not found then
                insert into {{ source('okr_ops', 'alerts') }} (kind, subject, owner, message, detail)
                values (
                    '{{ alert.kind }}',
                    {{ text_literal(alert.subject, 400) }},
                    {{ text_literal(alert.owner, 200) }},
                    {{ text_literal(alert.message) }},
                    full_detail
                );
            end if;
        {% endfor %}
        {% if settled %}
            update {{ source('okr_ops', 'alerts') }}
            set settled_at = clock_timestamp()
            where settled_at is null
                and alert_id in ({{ settled | join(', ') }});
        {% endif %}
    end
    $dbt_alerts$
{%- endmacro %}

{% macro oracle__write_alerts(raised, settled) -%}
    declare
        shown_rows clob;
    begin
        {% for alert in raised %}
            shown_rows := '[]';
            {% if alert.failing_rows and shows_rows(loop.index) %}
                begin
                    execute immediate
                        'select json_arrayagg(json_object(* returning clob) returning clob) from (select * from ('
                        || {{ text_literal(alert.failing_rows, 30000) }}
                        || chr(10) || ') where rownum <= 5)'
                        into shown_rows;
                exception when others then
                    select json_array(json_object('not_shown' value 'they could not be read') returning clob)
                    into shown_rows from dual;
                end;
            {% endif %}
            update {{ source('okr_ops', 'alerts') }}
            set
                owner = {{ text_literal(alert.owner, 200) }},
                message = {{ text_literal(alert.message) }},
                detail = json_mergepatch(
                    {{ text_literal(tojson(alert.detail)) }},
                    json_object('rows' value shown_rows format json returning clob) returning clob
                )
            where kind = '{{ alert.kind }}'
                and subject = {{ text_literal(alert.subject, 400) }}
                and settled_at is null;
            if sql%rowcount = 0 then
                insert into {{ source('okr_ops', 'alerts') }} (kind, subject, owner, message, detail)
                values (
                    '{{ alert.kind }}',
                    {{ text_literal(alert.subject, 400) }},
                    {{ text_literal(alert.owner, 200) }},
                    {{ text_literal(alert.message) }},
                    json_mergepatch(
                        {{ text_literal(tojson(alert.detail)) }},
                        json_object('rows' value shown_rows format json returning clob) returning clob
                    )
                );
            end if;
        {% endfor %}
        {% for alert_id in settled %}
            update {{ source('okr_ops', 'alerts') }}
            set settled_at = systimestamp
            where settled_at is null and alert_id = {{ alert_id }};
        {% endfor %}
    end;
{%- endmacro %}
