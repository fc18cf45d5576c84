"""The table of reason codes is complete, pinned and free of prohibited bases."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from features.platform.errors import ConfigurationError
from features.views import APPLICATIONS
from scoring.decision.outcome import Binding, FraudState, Status
from scoring.decision.policy import reason_codes
from tests.credit import CODES, POLICY

# 12 CFR 1002.2(z) and its proxies
PROHIBITED = re.compile(
    r"\b(race|racial|colou?r|religio\w*|national\w*|origin|sex|gender|marital|married|divorced|"
    r"widow\w*|age|aged|birth\w*|child\w*|family|pregnan\w*|public assistance|welfare|zip\w*|"
    r"postal|neighbou?rhood|address|language|citizen\w*|immigra\w*|name|disab\w*)\b",
    re.IGNORECASE,
)


def test_every_characteristic_of_the_features_has_a_text_for_applicants() -> None:
    for feature in APPLICATIONS.features:
        assert CODES[feature.characteristic.replace(" ", "_")].applicant_text


def test_every_bound_state_and_failure_has_texts_for_both_readers() -> None:
    words = [
        *(bound.word for bound in Binding if bound.word in CODES.codes),
        *(f"fraud_{state}" for state in list(FraudState)[2:]),
        *(status.value for status in Status if status is not Status.OK),
    ]

    assert len(words) == 3 + 3 + 6
    assert all(CODES[word].analyst_text and CODES[word].applicant_text for word in words)


def test_thin_files_and_missing_bureau_data_have_codes_of_their_own() -> None:
    assert {"thin_file", "bureau_data_missing"} <= {rule.rule_id for rule in POLICY.rules}


@pytest.mark.parametrize("path", sorted(reason_codes.FOLDER.glob("*.yaml")), ids=lambda p: p.stem)
def test_no_code_points_to_a_prohibited_basis(path: Path) -> None:
    text = re.sub(r"^\s*#.*$", "", path.read_text(), flags=re.MULTILINE).replace("_", " ")

    assert not PROHIBITED.findall(text)


def test_no_credit_rule_points_to_a_prohibited_basis() -> None:
    for rule in POLICY.rules:
        text = f"{rule.rule_id} {rule.when} {rule.analyst_text} {rule.applicant_text}"

        assert not PROHIBITED.findall(text.replace("_", " ").replace("credit age years", ""))


def test_a_code_without_a_text_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no code 'star_sign'"):
        CODES["star_sign"]


def test_a_table_that_was_edited_after_it_was_pinned_is_refused(tmp_path: Path) -> None:
    version = POLICY.reason_codes.version
    path = tmp_path / f"{version}.yaml"
    path.write_text((reason_codes.FOLDER / path.name).read_text() + "# edited\n")

    with pytest.raises(ConfigurationError, match="not the one that the policy pins"):
        reason_codes.load(version, POLICY.reason_codes.sha256, tmp_path)
