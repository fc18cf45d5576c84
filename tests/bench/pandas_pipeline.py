"""The usual alternative: one pandas script, eight window features, no guarantee.

Read the file and the last day from the database, roll, predict, `to_sql`. The model has the
settings of the product's model, and reads the script's ten features.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy
from sklearn.ensemble import HistGradientBoostingClassifier

from tests.bench.stopwatch import Stopwatch

HOURS = (3, 6, 12, 24)


def run(request: dict[str, Any]) -> None:
    """Run the pipeline."""
    model, engine, watch = _model(), sqlalchemy.create_engine(request["url"]), Stopwatch()
    watch.tell(watch.timed("all", lambda: _decide(request["file"], model, engine)))


def _decide(file: str, model: HistGradientBoostingClassifier, engine: sqlalchemy.Engine) -> int:
    """Decide the hour's rows and return their number."""
    hour = pd.read_csv(file, parse_dates=["timestamp"])
    start = hour["timestamp"].dt.floor("h").min()
    history = pd.read_sql(
        sqlalchemy.text(
            "select customer_id, occurred_at as timestamp, amount_minor / 100.0::float8 as amount "
            "from raw.transactions where occurred_at >= :since and occurred_at < :start"
        ),
        engine,
        params={"since": start - pd.Timedelta(days=1), "start": start},
    )
    columns = ["transaction_id", "customer_id", "timestamp", "amount"]
    both = pd.concat([history, hour[columns]], ignore_index=True)
    both["timestamp"] = pd.to_datetime(both["timestamp"], utc=True)
    both = both.sort_values(["customer_id", "timestamp"], kind="stable").reset_index(drop=True)
    indexed = both.set_index("timestamp")
    features = pd.DataFrame({"amount": both["amount"], "hour": both["timestamp"].dt.hour})
    for hours in HOURS:
        rolled = indexed.groupby("customer_id", sort=False)["amount"].rolling(f"{hours}h")
        features[f"count_{hours}h"] = rolled.count().to_numpy()
        features[f"sum_{hours}h"] = rolled.sum().to_numpy()
    is_new = both["transaction_id"].notna()
    result = both.loc[is_new, columns].copy()
    result["probability"] = model.predict_proba(features[is_new].to_numpy())[:, 1]
    result["decision"] = np.where(result["probability"] > 0.5, "decline", "approve")
    result.to_sql("pandas_decisions", engine, if_exists="replace", index=False, chunksize=10_000)
    return len(result)


def _model() -> HistGradientBoostingClassifier:
    draw = np.random.default_rng(1)
    matrix = draw.gamma(2.0, 20.0, (20_000, 2 + 2 * len(HOURS)))
    model = HistGradientBoostingClassifier(max_iter=150, max_leaf_nodes=8, early_stopping=False)
    return model.fit(matrix, matrix[:, 0] > np.quantile(matrix[:, 0], 0.99))


if __name__ == "__main__":
    run(json.loads(sys.argv[1]))
