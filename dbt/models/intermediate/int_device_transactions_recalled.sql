{{ recalled_of_24h('device_id') }}
