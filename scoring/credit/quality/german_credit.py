"""The fairness report on the German credit data, whose columns name protected groups.

The data is public (UCI Statlog, 1,000 loans, 30 % bad) and has no dates, so every loan is decided
by a model that has not seen it: five folds. The cut-off is that of the data's own costs: granting
a bad loan costs five times what refusing a good one does.
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
# never features: what the report is about
PROTECTED = ("personal_status_and_sex", "age_in_years", "foreign_worker")
CUT_OFF = 1 / 6
FOLDS = 5

NOTE = (
    "The coding of `personal_status_and_sex` in this copy is disputed (Grömping 2019): it puts "
    "single women among the men, so its figures by sex show how the report works, not how a lender "
    "behaved."
)


@dataclass(frozen=True, slots=True)
class Reported:
    """What was found."""

    rows: int
    defaults: int
    auc_roc: float
    figures: list[GroupFigures]

    @property
    def page(self) -> str:
        """The report as Markdown."""
        title = (
            f"{self.rows} loans of the German credit data, each decided by a scorecard that has "
            f"not seen it (AUC {self.auc_roc:.3f}); approved where the probability of default lies "
            f"below {CUT_OFF:.3f}"
        )
        return fairness_page.as_markdown(self.figures, title, NOTE)


def run(path: Path, settings: Settings) -> int:
    """Report on the groups, print and write; nothing here has a bar."""
    found = report(path)
    sys.stdout.write(found.page)
    checks = [Check("credit.german.auc_roc", found.auc_roc, None), *_checks(found.figures)]
    data = {"file": path.name, "rows": found.rows, "defaults": found.defaults}
    target = write("quality", SOURCE, {"data": data}, checks, settings)
    sys.stdout.write(f"\n{target}\n")
    return 0


def report(path: Path) -> Reported:
    """Decide every loan of the file, and measure how the decisions fall."""
    table = pa.csv.read_csv(path)
    is_bad = pc.equal(table[OUTCOME], "bad").to_numpy(zero_copy_only=False)
    probability = foretold(table, is_bad)
    return Reported(
        len(is_bad),
        int(is_bad.sum()),
        Ranking(is_bad, probability).auc_roc(),
        fairness.report(probability < CUT_OFF, ~is_bad, groups_of(table)),
    )


def foretold(table: pa.Table, is_bad: Flags) -> Floats:
    """Return the probability of default of every loan, by a scorecard of the other folds."""
    matrix, levels = matrix_of(table)
    probability = np.empty(len(is_bad))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    for learn, test in folds.split(matrix, is_bad):
        card = Scorecard(levels=levels).fit(matrix[learn], is_bad[learn])
        probability[test] = 1 / (1 + np.exp(-card.margin(matrix[test])))
    return probability


def matrix_of(table: pa.Table) -> tuple[Floats, list[int]]:
    """Return all columns but outcome and protected ones, and of each how many levels it has."""
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
    found = []
    for one in figures:
        name = f"{one.attribute}.{one.group}".replace(" ", "_")
        if one.adverse_impact_ratio:
            ratio = one.adverse_impact_ratio.value
            found.append(Check(f"credit.german.adverse_impact_ratio.{name}", ratio, None))
        if one.equal_opportunity_gap:
            gap = one.equal_opportunity_gap.value
            found.append(Check(f"credit.german.equal_opportunity_gap.{name}", gap, None))
    return found
