{{
    config(
        indexes=[
            {'columns': ['device_id', 'day_number']},
            {'columns': ['booked_seq']},
            {'columns': ['booked_until']},
        ]
    )
}}

{{ day_book('device_id') }}
