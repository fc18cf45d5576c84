{#-
    A crash of the server empties what is unlogged, and may come between two models of one build:
    then the next model would read tables without rows, and what it adds to a logged table would
    stay wrong. So each build leaves a line in an unlogged table, and no model that outlives a crash
    is committed without it.
-#}
{% macro begin_build() -%}
    create unlogged table if not exists intermediate.builds_begun (
        invocation_id text primary key,
        begun_at timestamptz not null default clock_timestamp()
    );
    insert into intermediate.builds_begun (invocation_id) values ('{{ invocation_id }}');
{%- endmacro %}

{% macro end_build() -%}
    -- a build that was killed has left its line
    delete from intermediate.builds_begun
    where invocation_id = '{{ invocation_id }}' or begun_at < now() - interval '1 day'
{%- endmacro %}

{% macro require_no_crash() -%}
    do $$
    begin
        if not exists (
            select from intermediate.builds_begun where invocation_id = '{{ invocation_id }}'
        ) then
            raise exception 'a crash of the server has emptied what this build had made';
        end if;
    end
    $$
{%- endmacro %}
