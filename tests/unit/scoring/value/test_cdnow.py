"""The CDNOW measurement counts purchase days, and compares forecasts with the later ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from scoring.value.quality import cdnow

HEAD = "master_id,sample_id,date,number_of_cds,dollar_value\n"
ROWS = (
    *("00004,0001,19970101,2,29.00", "00004,0001,19970118,2,20.00", "00004,0001,19970118,1,10.00"),
    *("00004,0001,19971001,1,5.00", "00018,0021,19970108,1,75.00"),
)


def test_purchases_of_one_day_are_one_purchase(tmp_path: Path) -> None:
    file = tmp_path / "cdnow.csv"
    file.write_text(HEAD + "\n".join(ROWS) + "\n")

    sample = cdnow.read(file)
    histories, values = sample.known_on(cdnow.CALIBRATION_END)

    assert histories.repeats.tolist() == [1, 0]
    np.testing.assert_allclose(histories.recency * 7, [17, 0])
    np.testing.assert_allclose(histories.age * 7, [272, 265])
    assert values.mean.tolist() == [30, 0]
    later = sample.count_between(cdnow.CALIBRATION_END + 1, cdnow.CALIBRATION_END + 273)
    assert later.tolist() == [1, 0]
