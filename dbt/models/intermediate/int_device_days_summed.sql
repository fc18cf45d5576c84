{{ matured_days_of('device_id', 'device', [30]) }}
