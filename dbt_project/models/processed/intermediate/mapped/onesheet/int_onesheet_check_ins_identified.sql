with check_ins as (

    select * from {{ ref('stg_onesheet__check_ins') }}

),

key_results as (

    select * from {{ ref('int_onesheet_key_results_identified') }}

),

units as (

    select * from {{ ref('int_onesheet_units_decided') }}
    where column_name = 'confidence'

),

confidence_levels as (

    select * from {{ ref('confidence_levels') }}
    where vocabulary = 'onesheet'

),

titles as (

    select
        key_results.source_instance,
        lower(key_results.objective_title) as objective_words,
        lower(key_results.key_result_title) as key_result_words,
        key_results.key_result_id,
        key_results.cycle_start_date,
        key_results.cycle_end_date,
        min(key_results.publish_seq) as first_seq,
        min(key_results.published_at) as first_at
    from key_results
    group by
        key_results.source_instance,
        lower(key_results.objective_title),
        lower(key_results.key_result_title),
        key_results.key_result_id,
        key_results.cycle_start_date,
        key_results.cycle_end_date

),

matches as (

    select
        check_ins.file_id,
        check_ins.row_number,
        check_ins.publish_seq,
        titles.key_result_id,
        min(titles.first_seq) as first_seq,
        min(titles.first_at) as first_at
    from check_ins
    inner join titles
        on check_ins.source_instance = titles.source_instance
        and lower(check_ins.objective_title) = titles.objective_words
        and lower(check_ins.key_result_title) = titles.key_result_words
        and check_ins.check_in_date >= coalesce(titles.cycle_start_date, check_ins.check_in_date)
        and check_ins.check_in_date <= coalesce(titles.cycle_end_date, check_ins.check_in_date)
    group by check_ins.file_id, check_ins.row_number, check_ins.publish_seq, titles.key_result_id

),

numbered_matches as (

    select
        matches.*,
        row_number() over (
            partition by matches.file_id, matches.row_number, matches.publish_seq
            order by matches.first_seq, matches.key_result_id
        ) as match_number
    from matches

),

-- A check-in names no quarter: it belongs to the key result of these words whose cycle holds its date, from the day on
-- which that one is known, and until a second one is.
candidates as (

    select
        check_ins.*,
        first_matches.key_result_id as matched_id,
        case
            when first_matches.first_seq > check_ins.publish_seq then first_matches.first_seq
            else check_ins.publish_seq
        end as matched_seq,
        case
            when first_matches.first_seq > check_ins.publish_seq then first_matches.first_at
            else check_ins.published_at
        end as matched_at,
        case
            when second_matches.first_seq > check_ins.publish_seq then second_matches.first_seq
            else check_ins.publish_seq
        end as doubted_seq,
        case
            when second_matches.first_seq > check_ins.publish_seq then second_matches.first_at
            else check_ins.published_at
        end as doubted_at,
        second_matches.key_result_id as rival_id
    from check_ins
    left join numbered_matches first_matches
        on check_ins.file_id = first_matches.file_id
        and check_ins.row_number = first_matches.row_number
        and check_ins.publish_seq = first_matches.publish_seq
        and first_matches.match_number = 1
    left join numbered_matches second_matches
        on check_ins.file_id = second_matches.file_id
        and check_ins.row_number = second_matches.row_number
        and check_ins.publish_seq = second_matches.publish_seq
        and second_matches.match_number = 2

),

spans as (

    select
        candidates.file_id,
        candidates.row_number,
        candidates.publish_seq,
        cast(null as varchar(4000)) as key_result_id,
        candidates.publish_seq as said_seq,
        candidates.published_at as said_at,
        case when candidates.matched_id is not null then candidates.matched_seq end as until_seq,
        case when candidates.matched_id is not null then candidates.matched_at end as until_at
    from candidates
    where candidates.matched_id is null
        or candidates.matched_seq > candidates.publish_seq

    union all

    select
        candidates.file_id,
        candidates.row_number,
        candidates.publish_seq,
        candidates.matched_id as key_result_id,
        candidates.matched_seq as said_seq,
        candidates.matched_at as said_at,
        case when candidates.rival_id is not null then candidates.doubted_seq end as until_seq,
        case when candidates.rival_id is not null then candidates.doubted_at end as until_at
    from candidates
    where candidates.matched_id is not null
        and (candidates.rival_id is null or candidates.doubted_seq > candidates.matched_seq)

    union all

    select
        candidates.file_id,
        candidates.row_number,
        candidates.publish_seq,
        cast(null as varchar(4000)) as key_result_id,
        candidates.doubted_seq as said_seq,
        candidates.doubted_at as said_at,
        cast(null as {{ 'number' if target.type == 'oracle' else 'bigint' }}) as until_seq,
        cast(null as timestamp) as until_at
    from candidates
    where candidates.rival_id is not null

),

identified_rows as (

    select
        check_ins.source_system,
        check_ins.source_instance,
        check_ins.dataset,
        check_ins.dataset_kind,
        check_ins.path,
        check_ins.file_id,
        check_ins.row_number,
        spans.said_seq as publish_seq,
        spans.said_at as published_at,
        case
            when spans.until_seq < coalesce(check_ins.retract_seq, spans.until_seq + 1) then spans.until_seq
            else check_ins.retract_seq
        end as retract_seq,
        case
            when spans.until_seq < coalesce(check_ins.retract_seq, spans.until_seq + 1) then spans.until_at
            else check_ins.retracted_at
        end as retracted_at,
        check_ins.known_at_basis,
        check_ins.snapshot_date,
        check_ins.check_in_date,
        check_ins.objective_title,
        check_ins.key_result_title,
        check_ins.check_in_value,
        check_ins.unit,
        check_ins.confidence_number,
        check_ins.confidence_raw,
        check_ins.comment_text,
        check_ins.author_name,
        coalesce(spans.key_result_id, {{ onesheet_key_result_id('check_ins', 'null') }}) as key_result_id,
        {{ onesheet_confidence('check_ins', 'units') }} as confidence
    from check_ins
    inner join spans
        on check_ins.file_id = spans.file_id
        and check_ins.row_number = spans.row_number
        and check_ins.publish_seq = spans.publish_seq
        and coalesce(check_ins.retract_seq, spans.said_seq + 1) > spans.said_seq
    left join units
        on check_ins.file_id = units.file_id
        and check_ins.publish_seq = units.publish_seq
    left join confidence_levels
        on check_ins.confidence_raw = confidence_levels.confidence_raw

)

select
    identified_rows.*,
    {{ surrogate_key([
        'identified_rows.key_result_id',
        'identified_rows.check_in_date',
        'identified_rows.check_in_value',
        'identified_rows.author_name',
    ]) }} as check_in_id
from identified_rows
