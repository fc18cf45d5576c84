{{ config(indexes=[{'columns': ['reading_id', 'occurred_at']}]) }}

{{ recalled_of_24h('ip_address') }}
