"""Reports fairness on the German credit data, whose columns name protected groups.

The data is public (UCI Statlog, 1,000 loans, 30 % bad) and has no dates. So five folds give every
loan a decision by a model that was fitted without it. The cut-off follows the data's own costs:
granting a bad loan costs five times as much as refusing a good loan.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

from features.platform.arrays import Flags, Floats
from features.platform.settings import Settings
from scoring.credit import fairness, fairness_page
from scoring.credit.applicant_groups import AGES
from scoring.credit.fairness import GroupFigures
from scoring.credit.scorecard import Scorecard
from scoring.models.evaluation import Ranking
from scoring.quality.checks import Check
from scoring.quality.report import write

SOURCE = "german_credit"
OUTCOME = "creditability"
# never features: the report compares these groups
PROTECTED = ("personal_status_and_sex", "age_in_years", "foreign_worker")
CUT_OFF = 1 / 6
FOLDS = 5

NOTE = (
    "The coding of `personal_status_and_sex` in this copy is disputed (Grömping 2019): it puts "
    "single women among the men, so its figures by sex show how the report works, not how a lender "
    "behaved."
)


@dataclass(frozen=True, slots=True)
class GermanCreditReport:
    """The measures of the report."""

    rows: int
    defaults: int
    auc_roc: float
    figures: list[GroupFigures]

    @property
    def page(self) -> str:
        """The report as Markdown."""
        title = (
            f"{self.rows} loans of the German credit data, each decided by a scorecard fitted "
            f"without it (AUC {self.auc_roc:.3f}); approved if the probability of default is below "
            f"{CUT_OFF:.3f}"
        )
        return fairness_page.as_markdown(self.figures, title, NOTE)


def run(path: Path, settings: Settings) -> int:
    """Report on the groups, print and write the report; it has no bars."""
    measures = report(path)
    sys.stdout.write(measures.page)
    checks = [Check("credit.german.auc_roc", measures.auc_roc, None), *_checks(measures.figures)]
    data = {"file": path.name, "rows": measures.rows, "defaults": measures.defaults}
    target = write("quality", SOURCE, {"data": data}, checks, settings)
    sys.stdout.write(f"\n{target}\n")
    return 0


def report(path: Path) -> GermanCreditReport:
    """Decide every loan of the file, and compare the decisions by group."""
    table = pa.csv.read_csv(path)
    is_bad = pc.equal(table[OUTCOME], "bad").to_numpy(zero_copy_only=False)
    probability = foretold(table, is_bad)
    return GermanCreditReport(
        len(is_bad),
        int(is_bad.sum()),
        Ranking(is_bad, probability).auc_roc(),
        fairness.report(probability < CUT_OFF, ~is_bad, groups_of(table)),
    )


def foretold(table: pa.Table, is_bad: Flags) -> Floats:
    """Return the probability of default of every loan, from a scorecard of the other folds."""
    matrix, levels = matrix_of(table)
    probability = np.empty(len(is_bad))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    for learn, test in folds.split(matrix, is_bad):
        card = Scorecard(levels=levels).fit(matrix[learn], is_bad[learn])
        probability[test] = 1 / (1 + np.exp(-card.margin(matrix[test])))
    return probability


def matrix_of(table: pa.Table) -> tuple[Floats, list[int]]:
    """Return all columns but outcome and protected ones, and the number of levels of each."""
    columns, levels = [], []
    for name in table.column_names:
        if name in (OUTCOME, *PROTECTED):
            continue
        column = table[name].combine_chunks()
        if pa.types.is_string(column.type):
            coded = column.dictionary_encode()
            levels.append(len(coded.dictionary))
            column = coded.indices
        else:
            levels.append(0)
        columns.append(column.to_numpy(zero_copy_only=False).astype(np.float64))
    return np.column_stack(columns), levels


def groups_of(table: pa.Table) -> dict[str, NDArray[np.object_]]:
    """Return the protected groups of every loan, by attribute."""
    status = table["personal_status_and_sex"]
    sex = pc.list_element(pc.split_pattern(status, " : "), 0)
    age = np.digitize(table["age_in_years"].to_numpy(), AGES)
    return {
        "sex": sex.to_numpy(zero_copy_only=False).astype(object),
        "age": np.array(fairness_page.band_names(AGES), dtype=object)[age],
        "foreign worker": table["foreign_worker"].to_numpy(zero_copy_only=False).astype(object),
    }


def _checks(figures: list[GroupFigures]) -> list[Check]:
    checks = []
    for group in figures:
        name = f"{group.attribute}.{group.group}".replace(" ", "_")
        if group.adverse_impact_ratio:
            ratio = group.adverse_impact_ratio.value
            checks.append(Check(f"credit.german.adverse_impact_ratio.{name}", ratio, None))
        if group.equal_opportunity_gap:
            gap = group.equal_opportunity_gap.value
            checks.append(Check(f"credit.german.equal_opportunity_gap.{name}", gap, None))
    return checks
