{{ recalled_of_24h('ip_address') }}
