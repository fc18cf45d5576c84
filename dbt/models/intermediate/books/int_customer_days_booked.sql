{{
    config(
        indexes=[
            {'columns': ['customer_id', 'day_number']},
            {'columns': ['booked_seq']},
            {'columns': ['booked_until']},
        ]
    )
}}

{{ day_book('customer_id') }}
