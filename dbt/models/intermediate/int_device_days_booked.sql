{{ config(**append_only(['device_id', 'day_number'])) }}

{{ day_book('device_id') }}
