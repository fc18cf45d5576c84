{{
    config(
        indexes=[
            {'columns': ['merchant_id', 'day_number']},
            {'columns': ['booked_seq']},
            {'columns': ['booked_until']},
        ]
    )
}}

{{ day_book('merchant_id') }}
