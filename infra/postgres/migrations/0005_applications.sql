-- Loan applications, what became of them, and what only the fairness report may know of applicants.

alter table raw.deliveries drop constraint deliveries_feed_check;
alter table raw.deliveries add constraint deliveries_feed_check check (
    feed in (
        'fx_rates', 'transactions', 'transaction_labels',
        'applications', 'application_labels', 'applicant_attributes'
    )
);

-- A few thousand a day: one table, which is also the list of versions and the duplicate check.
create table raw.applications (
    application_id text not null,
    version integer not null check (version >= 1),
    content_digest bytea not null,                   -- over the row as delivered, clocks excepted
    delivery_id uuid not null,
    delivery_seq bigint not null,
    row_number bigint not null,
    applied_at timestamptz not null,
    known_at timestamptz not null check (known_at >= applied_at),
    is_history boolean not null,
    customer_id text not null,
    requested_amount_minor bigint not null check (requested_amount_minor >= 0),
    currency_code text not null,
    requested_amount_base_minor bigint,              -- null: no rate was known by known_at
    term_months integer not null check (term_months between 1 and 600),
    purpose text,
    annual_income_minor bigint check (annual_income_minor >= 0),
    annual_income_base_minor bigint,
    employment_years integer check (employment_years between 0 and 10),  -- 10: ten and more
    home_ownership text,
    debt_to_income_percent double precision,
    fico_low integer,
    fico_high integer,
    revolving_utilisation_percent double precision,
    inquiry_count_6m integer,
    delinquency_count_2y integer,
    public_record_count integer,
    open_account_count integer,
    total_account_count integer,
    revolving_balance_minor bigint check (revolving_balance_minor >= 0),
    revolving_balance_base_minor bigint,
    first_credit_date date,
    months_since_delinquency integer,
    primary key (application_id, version)
);
create index applications_customer_time on raw.applications (customer_id, applied_at);
create index applications_time on raw.applications (applied_at);
create index applications_admission on raw.applications (delivery_seq);
create index applications_corrections on raw.applications (application_id, version)
include (known_at, delivery_seq) where version > 1;

-- An open loan is neither good nor bad yet: it has an outcome, and is_default says nothing.
create table raw.application_labels (
    application_id text not null,
    version integer not null check (version >= 1),
    outcome text not null check (outcome in ('fully_paid', 'charged_off', 'current', 'late')),
    is_default boolean generated always as (
        case outcome when 'charged_off' then true when 'fully_paid' then false end
    ) stored,
    is_policy_exception boolean not null,            -- granted against the lender's own policy
    known_at timestamptz not null,
    declared_known_at timestamptz,                   -- as the source states it
    provenance text not null,
    source text not null,
    delivery_id uuid not null,
    delivery_seq bigint not null,
    primary key (application_id, version)
);
create index application_labels_admission on raw.application_labels (delivery_seq);

grant select on raw.applications, raw.application_labels to ingest, transform, score;
grant insert on raw.applications, raw.application_labels to ingest;

-- What no model and no policy may read. Ingest writes it without being able to read it back; the
-- newest delivery of an application holds.
create schema protected;
create table protected.applicant_attributes (
    application_id text not null,
    delivery_seq bigint not null,
    sex text,
    age integer,
    marital_status text,
    nationality text,
    known_at timestamptz not null,
    source text not null,
    delivery_id uuid not null,
    primary key (application_id, delivery_seq)
);
grant usage on schema protected to ingest, fairness;
grant insert on protected.applicant_attributes to ingest;
grant select on protected.applicant_attributes to fairness;

-- the report compares decisions, so it reads those too
grant usage on schema serving to fairness;
do $$
begin
    execute format('grant connect on database %I to fairness', current_database());
end
$$;
alter default privileges for role transform in schema serving grant select on tables to fairness;
