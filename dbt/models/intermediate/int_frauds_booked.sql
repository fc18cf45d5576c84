{{ config(**append_only(['merchant_id', 'day_number'])) }}

{{ fraud_book() }}
