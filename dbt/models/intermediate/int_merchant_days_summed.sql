{{ matured_days_of('merchant_id', 'merchant', [1, 3, 7, 14, 21, 30], [1, 7, 30]) }}
