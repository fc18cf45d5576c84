select distinct on (forecasts.customer_day_id) forecasts.*
from {{ source('forecast_ledger', 'customer_day_forecasts') }} as forecasts
order by forecasts.customer_day_id, forecasts.revision desc
