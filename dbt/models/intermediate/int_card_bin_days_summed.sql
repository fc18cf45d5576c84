{{ matured_days_of('card_bin', 'card_bin', [30]) }}
