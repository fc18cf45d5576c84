"""The value models reach the published figures and the bars on the CDNOW sample."""

from __future__ import annotations

from pathlib import Path

import pytest

from scoring.value.purchases import Variant
from scoring.value.quality import cdnow
from scoring.value.quality.cdnow import CdnowReport


@pytest.fixture(scope="module")
def report(test_data: Path) -> CdnowReport:
    return cdnow.measure(cdnow.read(test_data / "retail" / "cdnow_sample_2357.csv.gz"))


def test_every_bar_holds_but_that_of_a_single_forecast_over_christmas(
    report: CdnowReport,
) -> None:
    measured = cdnow.checks_of(report)

    assert [check.name for check in measured if not check.holds] == ["value.cdnow_sum_error"]
    assert {check.name for check in measured if check.bar is not None} == {
        *("value.cdnow.r", "value.cdnow.alpha", "value.cdnow.a", "value.cdnow.b"),
        *("value.cdnow_sum_error", "value.cdnow_sum_error_by_quarter", "value.cdnow_mae_ratio"),
    }


def test_gamma_gamma_and_its_correlation_are_those_that_are_published(report: CdnowReport) -> None:
    assert report.values.parameters == pytest.approx((6.25, 3.74, 15.44), abs=0.01)
    assert report.correlation is not None
    assert report.correlation.value == pytest.approx(0.11, abs=0.005)
    assert report.correlation.customers == 946


def test_no_model_of_the_family_reaches_the_sum_with_a_single_forecast(
    report: CdnowReport,
) -> None:
    errors = {check.name: check.value for check in cdnow.checks_of(report)}

    for variant in Variant:
        assert errors[f"value.cdnow.{variant}.sum_error"] > 0.1
        assert errors[f"value.cdnow.{variant}.sum_error_by_quarter"] < 0.1
