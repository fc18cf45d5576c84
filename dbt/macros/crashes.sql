{#-
    A server crash empties unlogged tables. If it happens between two models of one build, the next
    model reads empty tables and adds wrong rows to a logged table. Each build therefore writes a
    line to an unlogged table, and a logged model commits only if this line is still present.

    These three macros are hooks of the project, not parts of a model.
-#}
{% macro begin_build() -%}
    create unlogged table if not exists intermediate.builds_begun (
        invocation_id text primary key,
        begun_at timestamptz not null default clock_timestamp()
    );
    insert into intermediate.builds_begun (invocation_id) values ('{{ invocation_id }}');
{%- endmacro %}

{% macro end_build() -%}
    -- lines of killed builds are removed after a day
    delete from intermediate.builds_begun
    where invocation_id = '{{ invocation_id }}' or begun_at < now() - interval '1 day'
{%- endmacro %}

{% macro require_no_crash() -%}
    do $$
    begin
        if not exists (
            select from intermediate.builds_begun where invocation_id = '{{ invocation_id }}'
        ) then
            raise exception 'a crash of the server has emptied the tables of this build';
        end if;
    end
    $$
{%- endmacro %}
