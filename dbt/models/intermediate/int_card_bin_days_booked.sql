{{ config(**append_only(['card_bin', 'day_number'])) }}

{{ day_book('card_bin') }}
