{{ other_customers_in_past_24h('device') }}
