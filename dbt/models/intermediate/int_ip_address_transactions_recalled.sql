{{ config(indexes=[{'columns': ['is_paired', 'reading_id', 'occurred_at']}]) }}

{{ recalled_of_24h('ip_address', 'int_ip_addresses_asked') }}
