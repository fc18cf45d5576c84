-- Physical lines: closure compares the lines of a file with the rows that were taken from it.

alter table raw.deliveries
    add column lines_in_file bigint,                 -- null: a format without lines, or an old row
    add column header_lines bigint,                  -- null, like the rest: not read as rows
    add column blank_lines bigint,
    add column continuation_lines bigint,            -- of rows that span lines: all but the first
    add column lines_rejected bigint,
    add column lines_duplicate bigint,
    add column lines_admitted bigint,
    add constraint deliveries_lines_check check (
        lines_admitted is null or lines_in_file
            = header_lines + blank_lines + lines_rejected + lines_duplicate + lines_admitted
    );

grant update (lines_rejected, lines_duplicate, lines_admitted) on raw.deliveries to ingest;

alter table raw.rejected_rows
    add column line_number bigint,                   -- in the file, the header counts; null: no lines
    add column line_count integer not null default 1;
