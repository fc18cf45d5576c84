{{ config(**append_only(['merchant_id', 'day_number'])) }}

{{ day_book('merchant_id') }}
