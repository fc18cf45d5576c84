{{ config(indexes=[{'columns': ['reading_id', 'occurred_at']}]) }}

{{ recalled_of_24h('device_id') }}
