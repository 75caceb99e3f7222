{% macro build_signal(counts) -%}
    {{ return(adapter.dispatch('build_signal')(counts)) }}
{%- endmacro %}

{% macro default__build_signal(counts) -%}
    -- The lock is the one under which the loader publishes. A block, because only its second statement sees what
    -- others committed before the lock was ours.
    do $block$
    begin
        perform pg_advisory_xact_lock(7461002);
        insert into {{ source('okr_raw', 'outbox') }} (outbox_id, signal, payload, created_at)
        select
            (select coalesce(max(outbox.outbox_id), 0) + 1 from {{ source('okr_raw', 'outbox') }} outbox),
            'build_done',
            jsonb_build_object(
                'build_id', this_build.build_id,
                'publish_seq', this_build.publish_seq,
                'as_of_date', this_build.as_of_date,
                'models', {{ counts.models }}
            ),
            current_timestamp
        from {{ source('okr_ops', 'builds') }} this_build
        where this_build.build_id = '{{ invocation_id }}'
            and not exists (
                select 1
                from {{ source('okr_raw', 'outbox') }} told
                where told.signal = 'build_done'
                    and (told.payload ->> 'publish_seq')::bigint = this_build.publish_seq
                    and (told.payload ->> 'as_of_date')::date = this_build.as_of_date
                    and (told.payload ->> 'models')::integer >= {{ counts.models }}
            );
    end
    $block$
{%- endmacro %}

{% macro oracle__build_signal(counts) -%}
    insert into {{ source('okr_raw', 'outbox') }} (outbox_id, signal, payload, created_at)
    select
        (select coalesce(max(outbox.outbox_id), 0) + 1 from {{ source('okr_raw', 'outbox') }} outbox),
        'build_done',
        json_object(
            'build_id' value this_build.build_id,
            'publish_seq' value this_build.publish_seq,
            'as_of_date' value to_char(this_build.as_of_date, 'YYYY-MM-DD'),
            'models' value {{ counts.models }}
        ),
        systimestamp
    from {{ source('okr_ops', 'builds') }} this_build
    where this_build.build_id = '{{ invocation_id }}'
        and not exists (
            select 1
            from {{ source('okr_raw', 'outbox') }} told
            where told.signal = 'build_done'
                and json_value(told.payload, '$.publish_seq' returning number) = this_build.publish_seq
                and json_value(told.payload, '$.as_of_date') = to_char(this_build.as_of_date, 'YYYY-MM-DD')
                and json_value(told.payload, '$.models' returning number) >= {{ counts.models }}
        )
{%- endmacro %}
