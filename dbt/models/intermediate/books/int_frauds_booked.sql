{{
    config(
        indexes=[
            {'columns': ['merchant_id', 'day_number']},
            {'columns': ['card_bin', 'day_number']},
            {'columns': ['device_id', 'day_number']},
            {'columns': ['booked_seq']},
            {'columns': ['booked_until']},
        ]
    )
}}

{{ fraud_book() }}
