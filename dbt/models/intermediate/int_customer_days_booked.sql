{{ config(**append_only(['customer_id', 'day_number'])) }}

{{ day_book('customer_id') }}
