{{ config(indexes=[{'columns': ['is_paired', 'reading_id', 'occurred_at']}]) }}

{{ recalled_of_24h('device_id', 'int_devices_asked') }}
