-- Two persons stand behind a policy, whatever way their names are written. `scoring` compares them
-- before it writes; the table refuses the same, so that no other writer goes round it.

create function audit.person(name text) returns text
language sql immutable strict parallel safe
set search_path = pg_catalog
return translate(
    regexp_replace(
        lower(normalize(lower(normalize(name, nfkc)), nfkd)),
        '[\u0001-/:-@\[-`{-\u00bf\u0300-\u036f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f'
        '\u1ab0-\u1aff\u1dc0-\u1dff\u2000-\u206f\u20d0-\u20ff\u2800\u3000\u3164\ufe00-\ufe0f'
        '\ufe20-\ufe2f\ufeff\uffa0\ufff0-\uffff\U000e0000-\U000e0fff]',
        '', 'g'
    ),
    'аеорсухіјѕһкмтвнԁԛԝαοριντυκ', 'aeopcyxijshkmtbhdqwaopivtuk'
);

-- rows of earlier versions stand as they are
alter table audit.policy_activations
add constraint policy_activations_two_persons
check (audit.person(author) <> audit.person(approver)) not valid,
add constraint policy_activations_named
check (audit.person(author) <> '' and audit.person(approver) <> '') not valid,
add constraint policy_activations_reasoned
check (audit.person(reason) <> '') not valid;
