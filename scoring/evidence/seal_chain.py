"""Checks the chain of seals in itself, and against the registers that it seals.

Each seal depends on the one before, so a changed, removed or inserted seal breaks the chain.
Manifests in the object store carry places in the chain, which reveal a chain that was rewritten as
a whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg

from features.platform import database
from scoring.evidence.equation import Equation

#: The most faults that are listed; the last line counts the rest.
_MOST = 20

_CHAIN = """
select
    linked.seal_seq,
    linked.kind,
    linked.subject,
    linked.seal_seq_before,
    linked.is_next
from (
    select
        seals.seal_seq,
        seals.kind,
        seals.subject,
        lag(seals.seal_seq, 1, 0::bigint) over in_order as seal_seq_before,
        lag(seals.seal_seq, 1, 0::bigint) over in_order = seals.seal_seq - 1 as is_next,
        seals.chain = audit.link(
            lag(seals.chain) over in_order, seals.seal_seq, seals.kind, seals.subject,
            seals.content, seals.sealed_at
        ) as is_tied
    from audit.seals
    window in_order as (order by seals.seal_seq)
) as linked
where not (linked.is_next and linked.is_tied)
order by linked.seal_seq
"""

# The present content, the newest seal's content, and whether an earlier seal was final.
_REGISTER = """
with newest as (
    select distinct on (seals.kind, seals.subject) seals.*
    from audit.seals
    order by seals.kind, seals.subject, seals.seal_seq desc
),

compared as (
    select
        coalesce(newest.kind, sealable.kind) as kind,
        coalesce(newest.subject, sealable.subject) as subject,
        coalesce(sealable.content, newest.content) as named,
        newest.seal_seq,
        sealable.content as said,
        newest.content as sealed,
        (
            select min(earlier.seal_seq)
            from audit.seals as earlier
            where
                earlier.kind = newest.kind
                and earlier.subject = newest.subject
                and earlier.seal_seq < newest.seal_seq
                and (
                    earlier.kind <> 'delivery'
                    or earlier.content ->> 'state' in ('admitted', 'discarded')
                )
        ) as sealed_for_good
    from audit.sealable
    full join newest on newest.kind = sealable.kind and newest.subject = sealable.subject
)

select
    compared.kind,
    compared.subject::text,
    concat_ws(
        ' ',
        compared.named ->> 'delivery_seq',
        compared.named ->> 'object_name',
        compared.named ->> 'policy_version',
        compared.named ->> 'model',
        coalesce(compared.named ->> 'version', compared.named ->> 'challenger_version')
    ) as name,
    compared.seal_seq,
    compared.said is null as is_gone,
    compared.sealed_for_good,
    (
        select string_agg(
            format(
                '%s is %s, sealed was %s',
                key,
                coalesce(left(compared.said ->> key, 60), 'empty'),
                coalesce(left(compared.sealed ->> key, 60), 'empty')
            ),
            ', '
            order by key
        )
        from jsonb_object_keys(
            -- whoever changes a seal may leave anything in it
            case jsonb_typeof(compared.sealed) when 'object' then compared.sealed else '{}' end
            || compared.said
        ) as key
        where compared.said -> key is distinct from compared.sealed -> key
    ) as changes
from compared
where compared.said is distinct from compared.sealed or compared.sealed_for_good is not null
order by compared.seal_seq, compared.subject
"""

_COUNTS = """
select
    (select count(*) from audit.seals),
    (
        select count(*)
        from (
            select sealable.kind, sealable.subject from audit.sealable
            union
            select seals.kind, seals.subject from audit.seals
        ) as subjects
    )
"""

_PLACES = """
select runs.run_id::text
from decisions.runs
left join lateral (
    select seals.*
    from audit.seals
    where seals.kind = 'run' and seals.subject = runs.run_id
    order by seals.seal_seq desc
    limit 1
) as newest on true
where
    runs.state in ('published', 'failed')
    and runs.seal is distinct from jsonb_build_object(
        'seq', newest.seal_seq, 'chain', encode(newest.chain, 'hex')
    )
    -- a run of before the seals was sealed as it stood, and its manifest says nothing of it
    and not (runs.seal is null and newest.content -> 'parquet' -> 'digests' is null)
order by runs.run_id
"""

_TABLES = {
    "delivery": "raw.deliveries",
    "run": "decisions.runs",
    "policy": "audit.policy_activations",
    "model validation": "audit.model_validations",
    "model decision": "audit.model_decisions",
    "champion sighting": "audit.champion_sightings",
    "training": "audit.challengers",
    "model gate": "audit.model_gates",
    "policy exception": "audit.policy_exceptions",
}


def equations(connection: psycopg.Connection[Any]) -> list[Equation]:
    """Return the closure of the chain, and of the registers that it seals."""
    seals, subjects = database.fetch_one(connection, "count seals and their subjects", _COUNTS)
    return [_chain(connection, seals), _register(connection, subjects)]


def _chain(connection: psycopg.Connection[Any], seals: int) -> Equation:
    broken = database.fetch_all(connection, "look for breaks in the chain of seals", _CHAIN)
    faults = []
    for seq, kind, subject, before, is_next in broken[:_MOST]:
        if is_next:
            faults.append(
                f"seal {seq} (of {kind} {subject}) does not follow from the seal before it: one of "
                "the two was changed"
            )
        else:
            gap = f"seal {before} is followed by seal {seq}" if before else f"the first is {seq}"
            faults.append(f"seals were removed or added: {gap}")
    faults += _more(len(broken))
    return Equation("seals", seals, {"in one chain": seals - len(broken)}, tuple(faults))


def _register(connection: psycopg.Connection[Any], subjects: int) -> Equation:
    differences = database.fetch_all(connection, "compare registers and seals", _REGISTER)
    places = database.fetch_all(connection, "compare the seals of runs", _PLACES)
    faults = [str(_Difference(*row)) for row in differences[:_MOST]] + _more(len(differences))
    faults += [
        f"run {run_id}: its seal in decisions.runs is not that of audit.seals"
        for (run_id,) in places
    ]
    terms = {"as they were sealed": subjects - len(differences)}
    return Equation(
        "deliveries, runs, policies and decisions about models", subjects, terms, tuple(faults)
    )


@dataclass(frozen=True, slots=True)
class _Difference:
    """A row of a register that differs from its newest seal."""

    kind: str
    subject: str
    name: str
    seal_seq: int | None
    is_gone: bool
    sealed_for_good: int | None
    changes: str | None

    def __str__(self) -> str:
        table = _TABLES.get(self.kind, "its register")
        named = f"{self.kind} {self.subject if self.kind == 'run' else self.name or self.subject}"
        seal = f"seal {self.seal_seq}"
        if self.seal_seq is None:
            return f"{named} of {table} has no seal: it was added, or its seal was removed"
        if self.is_gone:
            return f"{named} is gone from {table}, or its state was changed: {seal} holds it"
        if self.sealed_for_good is not None:
            return (
                f"{named} was sealed for good as seal {self.sealed_for_good}, and again as {seal}"
            )
        return f"{named} was changed in {table} since {seal}: {self.changes}"


def _more(count: int) -> list[str]:
    return [f"and {count - _MOST} more"] if count > _MOST else []
