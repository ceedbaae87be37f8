"""SQL that more than one of JobInsight's check modules needs."""

VALIDITY_SCORE = """
    with recent as (
        select * from raw_jobs
        where crawled_at is null
           or crawled_at >= cast(:slot as timestamptz) - interval '7 days' and crawled_at < :slot
    ),
    marked as (
        select *, count(*) over (partition by job_id) as same_id from recent
    )
    select 100.0 / 7 / nullif(count(*), 0) * (
        count(*) filter (where job_id <> '' and same_id = 1)
        + count(*) filter (where title <> '')
        + count(*) filter (where company_name <> '')
        + count(*) filter (where salary ~ '[0-9]')
        + count(*) filter (
            where case json_typeof(skills) when 'array' then json_array_length(skills) > 0 end
        )
        + count(*) filter (where location <> '')
        + count(*) filter (where crawled_at is not null)
    )
    from marked
"""
"""The mean of the seven validity percentages; null where there are no rows."""
