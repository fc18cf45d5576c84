"""Define the reasons for rejected rows and held deliveries, as closed vocabularies."""

from __future__ import annotations

from enum import StrEnum


class RowReason(StrEnum):
    """The reason of a rejected row, stored in `raw.rejected_rows.reason`."""

    WRONG_FIELD_COUNT = "wrong_field_count"
    MALFORMED_JSON = "malformed_json"
    UNREADABLE_CELL = "unreadable_cell"
    MISSING_VALUE = "missing_value"
    NOT_KNOWN_YET = "not_known_yet"
    FIELD_TOO_LONG = "field_too_long"
    CONTROL_CHARACTER = "control_character"
    CARD_NUMBER = "card_number"
    INVISIBLE_CHARACTER = "invisible_character"
    IDENTIFIER_IN_FLOAT_NOTATION = "identifier_in_float_notation"
    AMOUNT_NOT_A_NUMBER = "amount_not_a_number"
    AMOUNT_NOT_POSITIVE = "amount_not_positive"
    AMOUNT_TOO_LARGE = "amount_too_large"
    AMOUNT_TOO_PRECISE = "amount_too_precise"
    UNKNOWN_KIND = "unknown_kind"
    KIND_AGAINST_SIGN = "kind_against_sign"
    NOT_A_QUANTITY = "not_a_quantity"
    UNKNOWN_EVENT = "unknown_event"
    EVENT_AGAINST_SIGN = "event_against_sign"
    NOT_A_STOCK = "not_a_stock"
    NEGATIVE_STOCK = "negative_stock"
    UNKNOWN_MOVEMENT = "unknown_movement"
    MOVEMENT_AGAINST_SIGN = "movement_against_sign"
    NOT_A_DURATION = "not_a_duration"
    NOT_WEEKDAYS = "not_weekdays"
    UNKNOWN_CURRENCY = "unknown_currency"
    TIMESTAMP_NOT_A_TIME = "timestamp_not_a_time"
    TIMESTAMP_WITHOUT_ZONE = "timestamp_without_zone"
    TIMESTAMP_IN_FUTURE = "timestamp_in_future"
    UNKNOWN_ZONE = "unknown_zone"
    TIME_EXISTS_TWICE = "time_exists_twice"
    TIME_DOES_NOT_EXIST = "time_does_not_exist"
    DATE_NOT_IN_FORMAT = "date_not_in_format"
    NOT_IN_MAP = "not_in_map"
    NOT_A_NUMBER = "not_a_number"
    NOT_A_SHARE = "not_a_share"
    NOT_AN_INTEGER = "not_an_integer"
    NOT_A_BOOLEAN = "not_a_boolean"
    RATE_OUT_OF_RANGE = "rate_out_of_range"
    UNKNOWN_PROVENANCE = "unknown_provenance"
    NOT_A_COUNT = "not_a_count"
    NOT_A_PERCENTAGE = "not_a_percentage"
    NOT_A_CREDIT_SCORE = "not_a_credit_score"
    NOT_A_TERM = "not_a_term"
    NOT_AN_EMPLOYMENT = "not_an_employment"
    UNKNOWN_OUTCOME = "unknown_outcome"
    CREDIT_LINE_AFTER_APPLICATION = "credit_line_after_application"
    LOW_SCORE_ABOVE_HIGH = "low_score_above_high"
    MORE_OPEN_THAN_ALL_ACCOUNTS = "more_open_than_all_accounts"
    TRANSFER_WITHOUT_DESTINATION = "transfer_without_destination"
    DESTINATION_WITHOUT_TRANSFER = "destination_without_transfer"
    TRANSFER_TO_ITSELF = "transfer_to_itself"
    STARTS_AFTER_END = "starts_after_end"
    ORDERED_AFTER_EXPECTED = "ordered_after_expected"
    ORDERED_AFTER_RECEIVED = "ordered_after_received"
    NOT_A_LATITUDE = "not_a_latitude"
    NOT_A_LONGITUDE = "not_a_longitude"
    INCOMPLETE_COORDINATES = "incomplete_coordinates"
    NOT_A_COUNTRY = "not_a_country"
    NOT_A_TIME_ZONE = "not_a_time_zone"
    CONFLICTING_CONTENT = "conflicting_content"
    OUTDATED_STATEMENT = "outdated_statement"


class HoldReason(StrEnum):
    """The reason of a held delivery; `raw.deliveries.reason` begins with it."""

    UNSAFE_NAME = "unsafe_name"
    UNKNOWN_FORMAT = "unknown_format"
    NAME_WITHOUT_VALUE = "name_without_value"
    WRONG_ENCODING = "wrong_encoding"
    TRUNCATED = "truncated"
    UNREADABLE = "unreadable"
    MULTILINE_FIELD = "multiline_field"
    STRAY_QUOTE = "stray_quote"
    TOO_LARGE = "too_large"
    MISSING_COLUMN = "missing_column"
    DUPLICATE_COLUMN = "duplicate_column"
    WRONG_TYPE = "wrong_type"
    TOO_MANY_BAD_ROWS = "too_many_bad_rows"
    TOO_MANY_DAYS = "too_many_days"
    SAME_APPLICANT = "same_applicant"
    HISTORY_REFUSED = "history_refused"
    READER_FAILED = "reader_failed"
    STORE_FAILED = "store_failed"
    LANDED_ROWS_LOST = "landed_rows_lost"
    LEDGER_REFUSED = "ledger_refused"
    NOT_DESCRIBED = "not_described"
    IDS_OF_ANOTHER_SOURCE = "ids_of_another_source"


#: Substitute for the text of a row that may not be kept.
WITHHELD = "(not kept: the feed has columns that may not be read)"

#: Explanation of each code, stored beside it; it never contains a value of the row.
SENTENCES: dict[RowReason, str] = {
    RowReason.WRONG_FIELD_COUNT: (
        "the row has more or fewer fields than the header; see csv.delimiter and csv.quoting"
    ),
    RowReason.MALFORMED_JSON: "the line is not one JSON object of plain values",
    RowReason.UNREADABLE_CELL: "a cell of the spreadsheet has no value that can be read",
    RowReason.MISSING_VALUE: "a value is needed here; null_tokens list the texts for no value",
    RowReason.NOT_KNOWN_YET: "a blank label: not known yet, so the row states nothing",
    RowReason.FIELD_TOO_LONG: "longer than any real value",
    RowReason.CONTROL_CHARACTER: "holds a control character",
    RowReason.CARD_NUMBER: "passes as a full card number; numeric_id lists long identifiers",
    RowReason.INVISIBLE_CHARACTER: (
        "a blank around the identifier, or an invisible character in it; the source may declare "
        "trim at the column, which removes those at both ends"
    ),
    RowReason.IDENTIFIER_IN_FLOAT_NOTATION: (
        "written as a rounded number, as a spreadsheet or an export of a column with gaps does; "
        "export identifiers as text, or state floats of the column for whole numbers"
    ),
    RowReason.AMOUNT_NOT_A_NUMBER: (
        "not a plain decimal number such as 1234.50; currency_sign, thousands, decimal, negative "
        "and exponents of the column declare other spellings"
    ),
    RowReason.UNKNOWN_KIND: (
        "neither purchase, refund, reversal nor check; map of the column states the kind of other "
        "words"
    ),
    RowReason.KIND_AGAINST_SIGN: (
        "the sign of the amount says the opposite of the kind; see sign of the amount and map of "
        "the kind"
    ),
    RowReason.NOT_A_QUANTITY: (
        "not a number above zero, of at most seven digits and six decimals; sign of the column "
        "declares negative quantities"
    ),
    RowReason.UNKNOWN_EVENT: (
        "neither sale, return nor cancellation; map of the column states the event of other words"
    ),
    RowReason.EVENT_AGAINST_SIGN: (
        "the sign of the quantity says the opposite of the event; see sign of the quantity"
    ),
    RowReason.NOT_A_STOCK: (
        "not a number from zero on, of at most seven digits and six decimals; see decimal and "
        "thousands of the column"
    ),
    RowReason.NEGATIVE_STOCK: (
        "below zero: no place holds fewer than no pieces, so the source sold what it had not "
        "counted; count the place and deliver the count"
    ),
    RowReason.UNKNOWN_MOVEMENT: (
        "neither receipt, sale, return, transfer nor write_off; map of the column states the "
        "movement of other words"
    ),
    RowReason.MOVEMENT_AGAINST_SIGN: (
        "the sign of the quantity says the opposite of the movement; see sign of the quantity"
    ),
    RowReason.NOT_A_DURATION: "not a number of days from 0 to 3,650; see decimal of the column",
    RowReason.NOT_WEEKDAYS: (
        "not weekdays such as mon thu, with a blank between them; map of the column states the "
        "weekdays of other words"
    ),
    RowReason.AMOUNT_NOT_POSITIVE: (
        "not above zero; sign of the column declares negative amounts, allow_zero_amount zeros"
    ),
    RowReason.AMOUNT_TOO_LARGE: (
        "more than 12 digits in minor units; unit of the column declares amounts in minor units"
    ),
    RowReason.AMOUNT_TOO_PRECISE: (
        "more decimals than the currency has; rounding of the column declares floating-point noise"
    ),
    RowReason.UNKNOWN_CURRENCY: (
        "not a code of ISO 4217; replace of the column states the code for it"
    ),
    RowReason.TIMESTAMP_NOT_A_TIME: (
        "not an ISO 8601 date or time from 2000 on; a first credit line may be from 1900 on; "
        "format of the column declares another form"
    ),
    RowReason.TIMESTAMP_WITHOUT_ZONE: (
        "no offset; declare time_zone of the source or zone of the column"
    ),
    RowReason.TIMESTAMP_IN_FUTURE: "later than now; see zone and format of the column",
    RowReason.UNKNOWN_ZONE: "not a time zone; see zone of the column",
    RowReason.TIME_EXISTS_TWICE: (
        "a local time that exists twice, when clocks are set back; ambiguous of the column may "
        "choose the earliest or the latest moment"
    ),
    RowReason.TIME_DOES_NOT_EXIST: (
        "a local time that a clock change skips; nonexistent of the column may shift it forward"
    ),
    RowReason.NOT_IN_MAP: "not in map of the column; add it there, or state otherwise",
    RowReason.DATE_NOT_IN_FORMAT: "not in the format that the source declares; see format",
    RowReason.NOT_A_NUMBER: "not a finite number; see decimal and thousands of the column",
    RowReason.NOT_A_SHARE: "not a number from 0 to 1; see unit and decimal of the column",
    RowReason.NOT_AN_INTEGER: "not a whole number of 32 bits; map translates words to numbers",
    RowReason.NOT_A_BOOLEAN: "neither true nor false; see true_words and false_words",
    RowReason.RATE_OUT_OF_RANGE: "not a rate between 1e-12 and 1e12; see decimal of the column",
    RowReason.UNKNOWN_PROVENANCE: "not in the source's provenance_rank",
    RowReason.NOT_A_COUNT: "not a whole number from 0 on; see null_tokens of the column",
    RowReason.NOT_A_PERCENTAGE: "not a percentage from 0 to 10,000; see unit and decimal",
    RowReason.NOT_A_CREDIT_SCORE: (
        "not a whole number from 300 to 850; no score is no text, see null_tokens of the column"
    ),
    RowReason.NOT_A_TERM: "not a number of months such as 36 months, 600 at most; see unit",
    RowReason.NOT_AN_EMPLOYMENT: "not a length of employment such as 5 years or n/a; see unit",
    RowReason.UNKNOWN_OUTCOME: "not in the source's outcomes",
    RowReason.CREDIT_LINE_AFTER_APPLICATION: "later than the application",
    RowReason.LOW_SCORE_ABOVE_HIGH: "above the high end of the same range",
    RowReason.MORE_OPEN_THAN_ALL_ACCOUNTS: "more open accounts than accounts",
    RowReason.TRANSFER_WITHOUT_DESTINATION: "a transfer needs the location that it goes to",
    RowReason.DESTINATION_WITHOUT_TRANSFER: "only a transfer goes to another location",
    RowReason.TRANSFER_TO_ITSELF: "the location that the pieces leave",
    RowReason.STARTS_AFTER_END: "later than the last day of the promotion",
    RowReason.ORDERED_AFTER_EXPECTED: "later than the day on which the pieces are expected",
    RowReason.ORDERED_AFTER_RECEIVED: "later than the day on which the pieces came",
    RowReason.NOT_A_LATITUDE: "not a number of degrees from -90 to 90, such as 48.2082",
    RowReason.NOT_A_LONGITUDE: "not a number of degrees from -180 to 180, such as 16.3738",
    RowReason.NOT_A_COUNTRY: "not two capital letters as in ISO 3166, such as AT",
    RowReason.NOT_A_TIME_ZONE: "not a time zone of the IANA database, such as Europe/Vienna",
    RowReason.INCOMPLETE_COORDINATES: "a latitude without its longitude, or a longitude alone",
    RowReason.CONFLICTING_CONTENT: "the file has another content for the same key",
    RowReason.OUTDATED_STATEMENT: "the ledger holds a newer statement of the same key",
}


class HeldError(Exception):
    """The delivery must be held; the transaction that parses it is rolled back.

    Args:
        reason: the code.
        detail: facts for the operator; never a value of a row.

    Attributes:
        lines: number of lines of the file, if known.
    """

    def __init__(self, reason: HoldReason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.lines: int | None = None
