"""The changes of a superuser that closure must name."""

from __future__ import annotations

# statement, and the message of closure; {of} is a delivery by the file that brought it
TAMPERINGS = (
    # raw rows, live ones and those of history
    (
        "delete from raw.transactions where transaction_id = 't1'",
        "delivery {live.csv}: 5 ≠ 1 rejected + 1 duplicate + 2 admitted; raw.transactions holds 2 "
        "rows, 3 were written",
    ),
    (
        "delete from raw.transactions where is_history and transaction_id = 'h1'",
        "raw.transactions holds 1 rows, 2 were written",
    ),
    (
        "update raw.transactions set amount_minor = amount_minor + 1 where transaction_id = 't1'",
        "delivery {live.csv}: 5 = 1 rejected + 1 duplicate + 3 admitted; rows of raw.transactions "
        "were changed",
    ),
    (
        "update raw.transactions set is_history = false where transaction_id = 'h1'",
        "delivery {history/old.csv}: 2 = 0 rejected + 0 duplicate + 2 admitted; rows of "
        "raw.transactions were changed",
    ),
    (
        "update raw.transactions as one set amount_minor = other.amount_minor "
        "from raw.transactions as other where (one.transaction_id, other.transaction_id) "
        "in (('t1', 't2'), ('t2', 't1'))",
        "rows of raw.transactions were changed",
    ),
    (
        "insert into raw.transactions select * from raw.transactions where transaction_id = 't1'",
        "raw.transactions holds 4 rows, 3 were written",
    ),
    (
        "insert into raw.transactions select (jsonb_populate_record(rows, "
        '\'{"transaction_id": "x", "delivery_seq": 99}\')).* '
        "from raw.transactions as rows where transaction_id = 't1'",
        "1 rows of raw.transactions belong to no delivery of the register (delivery_seq 99)",
    ),
    (
        "delete from raw.transactions where transaction_id = 't1'; insert into raw.transactions "
        'select (jsonb_populate_record(rows, \'{"transaction_id": "t1"}\')).* '
        "from raw.transactions as rows where transaction_id = 't2'",
        "rows of raw.transactions were changed",
    ),
    (
        "delete from raw.transaction_versions where transaction_id = 't1'",
        "raw.transaction_versions holds 2 rows, 3 were written",
    ),
    (
        "update raw.transaction_versions set is_history = true where transaction_id = 't1'",
        "rows of raw.transaction_versions were changed",
    ),
    # the other feeds
    ("update raw.fx_rates set rate = rate * 2", "rows of raw.fx_rates were changed"),
    ("delete from raw.fx_rates", "raw.fx_rates holds 0 rows, 1 were written"),
    ("update raw.transaction_labels set is_fraud = not is_fraud", "raw.transaction_labels were"),
    ("update raw.applications set annual_income_minor = 1", "rows of raw.applications were"),
    ("update raw.application_labels set outcome = 'fully_paid'", "raw.application_labels were"),
    ("update protected.applicant_attributes set age = 18", "applicant_attributes were changed"),
    ("delete from protected.applicant_attributes", "applicant_attributes holds 0 rows, 1 were"),
    # rejected rows, of an admitted delivery and of a held one
    (
        "delete from raw.rejected_rows where object_name like '%live.csv'",
        "delivery {live.csv}: 5 ≠ 0 rejected + 1 duplicate + 3 admitted; raw.rejected_rows holds 0 "
        "rows, 1 were written",
    ),
    (
        "update raw.rejected_rows set reason = 'other' where object_name like '%live.csv'",
        "rows of raw.rejected_rows were changed",
    ),
    (
        "insert into raw.rejected_rows select (jsonb_populate_record(rows, "
        "'{\"row_number\": 99}')).* from raw.rejected_rows as rows",
        "raw.rejected_rows holds 2 rows, 1 were written",
    ),
    (
        "delete from raw.rejected_rows where object_name like '%bad.csv'",
        "delivery landing/synthetic/transactions/bad.csv: raw.rejected_rows holds 0 rows, 1 were",
    ),
    # the register
    (
        "update raw.deliveries set rows_in_file = 4, rows_duplicate = 0 "
        "where object_name like '%live.csv'",
        "delivery {live.csv} was changed in raw.deliveries since seal",
    ),
    (
        "update raw.deliveries set rows_in_file = 4, rows_duplicate = 0 "
        "where object_name like '%live.csv'",
        "rows_duplicate is 0, sealed was 1, rows_in_file is 4, sealed was 5",
    ),
    (
        "update raw.deliveries set state = 'parsed', reason = null where state = 'held'",
        "bad.csv was changed in raw.deliveries since seal",
    ),
    (
        "update raw.deliveries set digests = null where object_name like '%live.csv'",
        "digests is empty, sealed was",
    ),
    (
        "update raw.deliveries set digests = '{\"raw.transactions\": 7}' "
        "where object_name like '%live.csv'",
        "raw.transactions holds 3 rows, 0 were written",
    ),
    (
        "delete from raw.rejected_rows where object_name like '%live.csv'; "
        "delete from raw.deliveries where object_name like '%live.csv'",
        "delivery {live.csv} is gone from raw.deliveries",
    ),
    (
        "delete from raw.rejected_rows where object_name like '%bad.csv'; "
        "delete from raw.deliveries where object_name like '%bad.csv'",
        "bad.csv is gone from raw.deliveries",
    ),
    (
        "insert into raw.deliveries (source, feed, object_name, content_sha256, size_bytes, "
        "load_kind, state, rows_in_file) values ('s', 'transactions', 'forged.csv', 'x', 1, "
        "'live', 'admitted', 0)",
        "delivery forged.csv of raw.deliveries has no seal",
    ),
    # the seals
    (
        "update audit.seals set content = content || '{\"rows_admitted\": 2}' where seal_seq = 3",
        "seal 3 (of delivery ",
    ),
    ("update audit.seals set content = '[7]' where seal_seq = 3", "does not follow from the seal"),
    ("update audit.seals set sealed_at = sealed_at - interval '1 day'", "of the two was changed"),
    (
        "delete from audit.seals where seal_seq = 3",
        "seals were removed or added: seal 2 is followed by seal 4",
    ),
    ("delete from audit.seals where seal_seq = 1", "seals were removed or added: the first is 2"),
    (
        "delete from audit.seals where seal_seq = (select max(seal_seq) from audit.seals)",
        "since seal",
    ),
    (
        "truncate audit.seals",
        "delivery {live.csv} of raw.deliveries has no seal",
    ),
    # a seal after the last: the chain holds, and its subject was done
    (
        "update raw.deliveries set rows_duplicate = 0, rows_in_file = 4 "
        "where object_name like '%live.csv'; insert into audit.seals select seal_seq + 1, kind, "
        "subject, content, now(), audit.link(chain, seal_seq + 1, kind, subject, content, now()) "
        "from (select newest.seal_seq, newest.chain, 'delivery' as kind, sealable.subject, "
        "sealable.content from audit.seals as newest cross join audit.sealable "
        "where sealable.content ->> 'object_name' like '%live.csv' "
        "order by newest.seal_seq desc limit 1) as forged",
        "delivery {live.csv} was sealed for good as seal",
    ),
)
