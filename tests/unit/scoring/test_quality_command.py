"""`quality` recognizes its data by the columns, in a file or anywhere in a folder."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from features.platform.errors import ConfigurationError
from scoring.commands.quality import measurable, unknown_line


def a_parquet(path: Path, column: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pa.parquet.write_table(pa.table({column: [1]}), path)
    return path


@pytest.mark.parametrize(
    ("column", "source"), [("TX_FRAUD", "fraud_handbook"), ("loan_status", "lending_club")]
)
def test_a_file_is_recognized_by_a_column_of_its_outcomes(
    tmp_path: Path, column: str, source: str
) -> None:
    file = a_parquet(tmp_path / "any_name.parquet", column)

    assert measurable(file) == {file: source}


def test_a_folder_is_searched_and_the_files_of_no_data_set_are_named(tmp_path: Path) -> None:
    loans = a_parquet(tmp_path / "loans" / "loans.parquet", "loan_status")
    a_parquet(tmp_path / "retail" / "basket.parquet", "quantity")
    (tmp_path / "README.md").write_text("about the data\n")
    german = tmp_path / "loans" / "german.csv"
    pa.csv.write_csv(pa.table({"creditability": ["good"]}), german)

    known = measurable(tmp_path)

    assert known == {german: "german_credit", loans: "lending_club"}
    assert unknown_line(tmp_path, known) == (
        "no known data set, so not measured: README.md, retail/basket.parquet"
    )
    assert unknown_line(loans, {loans: "lending_club"}) == ""


@pytest.mark.parametrize("name", ["missing.parquet", "", "broken.parquet"])
def test_a_path_without_data_is_refused_with_the_expected_input(tmp_path: Path, name: str) -> None:
    (tmp_path / "broken.parquet").write_bytes(b"not Parquet")

    with pytest.raises(ConfigurationError, match="DATA=<path>"):
        measurable(tmp_path / name)
