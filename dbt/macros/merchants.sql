{#-
    Post-hooks of the models that hold rows of merchants. A model has a column `merchant_id`.

    Row-level security on a table: a merchant's session sees its own rows, through every view, and
    other sessions see all. The owner of the table is bound too, because views read as their owner.
-#}
{% macro row_level_security() -%}
    do $$
    begin
        if not (select relrowsecurity from pg_class where oid = '{{ this }}'::regclass) then
            alter table {{ this }} enable row level security;
            alter table {{ this }} force row level security;
            create policy jobs on {{ this }} to ingest, score using (true);
            create policy rows_of_a_merchant on {{ this }} using (
                (select audit.sees_all_merchants())
                or merchant_id = (select audit.merchant_of_session())
            );
        end if;
    end
    $$
{%- endmacro %}

{#-
    A view that merchants may read. The barrier keeps a condition of the reader behind the rows that
    the reader may see.
-#}
{% macro readable_by_merchants() -%}
    alter view {{ this }} set (security_barrier = true);
    grant select on {{ this }} to merchant
{%- endmacro %}
