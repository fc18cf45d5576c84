{{
    config(
        indexes=[
            {'columns': ['card_bin', 'day_number']},
            {'columns': ['booked_seq']},
            {'columns': ['booked_until']},
        ]
    )
}}

{{ day_book('card_bin') }}
