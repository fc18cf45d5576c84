"""Declare a scoring job: one object from which everything about the job follows.

A domain package holds the `JOB` of its domain, and `scoring.domains` lists them. Runs, steps,
evidence, commands and DAGs take a `Job` as an argument and know no domain. The declaration is
light: a DAG file may import it, so domain code is loaded by the functions that a job names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from expectations.suites import Suite
from features.platform.errors import ConfigurationError
from features.views import FeatureView
from scoring.runs.ledger import Ledger, Type
from scoring.runs.request import MOST_ROWS

if TYPE_CHECKING:
    from psycopg import sql

    from features.platform.settings import Settings
    from scoring.decider import Domain
    from scoring.decision.policy.policy import Policy
    from scoring.decision.pricing import Pricing
    from scoring.models.matured_rows import Matured
    from scoring.models.training import TrainReceipt
    from scoring.runs.training_order import TrainingOrder


class AnswerKind(StrEnum):
    """The type of a model's answer, which bounds its values."""

    PROBABILITY = "probability"  # in [0, 1]
    COUNT = "count"  # from 0 on
    QUANTILE = "quantile"  # any finite number
    LABEL = "label"  # the index of a level


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One named answer of a job.

    Attributes:
        name: the attribute of the model's scores, and the ledger's column of the value; for a
            label, the ledger holds the level and not its index.
        status: the ledger's column of the status; answers may share one.
        kind: the type of the values.
        levels: the levels of a label, in the order of their indexes.
        length: the number of values of a row; the ledger holds more than one as a list.
    """

    name: str
    status: str
    kind: AnswerKind = AnswerKind.PROBABILITY
    levels: tuple[str, ...] = ()
    length: int = 1

    def shape(self, rows: int) -> tuple[int, ...]:
        """Return the shape of the values of n rows: [n], or [n, length] of a list."""
        return (rows,) if self.length == 1 else (rows, self.length)

    @property
    def bounds(self) -> tuple[float, float]:
        """Return the least and the greatest value that the answer may have; both are finite."""
        finite = 1.7976931348623157e308
        return {
            AnswerKind.PROBABILITY: (0.0, 1.0),
            AnswerKind.COUNT: (0.0, finite),
            AnswerKind.QUANTILE: (-finite, finite),
            AnswerKind.LABEL: (0.0, float(len(self.levels) - 1)),
        }[self.kind]


@dataclass(frozen=True, slots=True)
class Population:
    """The subjects that the windows of a job decide: a relation with a row per subject version.

    The relation is a raw table, of which a window decides the undecided row versions, or a view
    over raw tables with a row for each active entity of a day or each live series of a day. Its
    columns are the subject's id and event time, `version`, `known_at`, `delivery_seq` and
    `is_history`.

    Attributes:
        subjects: the relation; the job's view names the same or a smaller one of these versions.
        feed: the feed whose deliveries bring the subjects of a window.
        nights: of subjects that are a view over a look-back, the relation of the view's moments,
            with their event time, `known_at`, `delivery_seq` and `is_history`. The rows of a
            delivery then bound no subject, and the first window to decide is that of the first
            night. None: the subjects are the rows of the deliveries.
    """

    subjects: str
    feed: str
    nights: str | None = None


@dataclass(frozen=True, slots=True)
class ModelSlot:
    """The registered model of a job.

    Attributes:
        role: the key of the model in a run's pins.
        name: the registered model.
        classes: dotted paths of the classes that its file may hold as the model.
        parts: dotted paths of our other classes inside the file.
        split_by: the column of the input by which a policy may split the rows between champion and
            challenger; None where a policy has no split.
    """

    role: str
    name: str
    classes: tuple[str, ...]
    parts: tuple[str, ...] = ()
    split_by: str | None = None

    @property
    def challenger_role(self) -> str:
        """The key of a challenger that decides a share of a run, in the run's pins."""
        return f"{self.role}_challenger"


@dataclass(frozen=True, slots=True)
class Gates:
    """The suites that the rows of a run must pass.

    Attributes:
        features: the suite of the claimed rows' features.
        decisions: the suite of the scored rows.
    """

    features: Suite
    decisions: Suite


@dataclass(frozen=True, slots=True)
class Training:
    """The training of a job's model.

    Attributes:
        feed: the feed without which there is nothing to learn from.
        train: trains as ordered, and registers the model.
        is_optional: whether too little data skips the training, unless a person names the job.
    """

    feed: str
    train: Callable[[TrainingOrder, Settings], TrainReceipt]
    is_optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One scoring job.

    Attributes:
        name: the job's name in `decisions.runs`; also its DAG's id.
        domain: the tag of its domain.
        cadence: the length of its windows.
        population: the subjects that a window decides.
        view: the features that it reads; also names the subject's id and event time.
        follows: the job whose published decisions of the same window it reads, or None.
        model: its registered model; None where the pinned policy and the code decide alone.
        answers: the answers of its model, or of its own calculation, in the order of the ledger.
        ledger: the append-only table of its decisions.
        outcome: the ledger's columns that follow from the answers, in this order.
        has_exceptions: whether a run pins the exceptions from its policy that are in force.
        check_policy: raises ConfigurationError for a policy that cannot decide its rows.
        gates: the suites of its runs.
        published: the folder of its Parquet files under `published/`.
        serving: the view in which people look decisions up.
        decides: returns how its rows are read and decided.
        training: how its model is trained; None for a model that is trained elsewhere.
        comparison: returns how matured rows are read to compare two models; None without a gate.
        pricing: returns how its decisions are priced; None where there are no cut-offs.
        summary: returns one line about a ledger row, for `explain`.
    """

    name: str
    domain: str
    cadence: timedelta
    population: Population
    view: FeatureView
    follows: str | None = None
    model: ModelSlot | None = None
    answers: tuple[Answer, ...]
    ledger: Ledger
    outcome: tuple[str, ...] = ("is_degraded",)
    has_exceptions: bool = False
    check_policy: Callable[[Policy], object] | None = None
    gates: Gates
    published: str
    serving: str
    decides: Callable[[], Domain]
    training: Training | None = None
    comparison: Callable[[], Matured] | None = None
    pricing: Callable[[], Pricing] | None = None
    summary: Callable[[Mapping[str, Any]], str] | None = None

    @property
    def slot(self) -> ModelSlot:
        """Its registered model.

        Raises:
            ConfigurationError: the job has none.
        """
        if self.model is None:
            raise ConfigurationError(f"{self.name} has no model: its policy decides alone")
        return self.model

    @property
    def components(self) -> tuple[str, ...]:
        """The ledger's columns of statuses, each once; all ok, or the row is degraded."""
        return tuple(dict.fromkeys(answer.status for answer in self.answers))

    @property
    def scores(self) -> tuple[str, ...]:
        """The columns that a replay compares first: the answers and their statuses."""
        pairs = (name for answer in self.answers for name in (answer.status, answer.name))
        return tuple(dict.fromkeys(pairs))

    @property
    def columns(self) -> Mapping[str, Type]:
        """The ledger's columns, in the order in which they are published."""
        return self.ledger.columns(self.id_column, self.view.event_time)

    @property
    def id_column(self) -> str:
        """The subject's id, in every table."""
        return self.view.entity

    @property
    def subject_id(self) -> sql.Identifier:
        """The subject's id column, quoted."""
        from psycopg import sql

        return sql.Identifier(self.id_column)

    @property
    def event_time(self) -> sql.Identifier:
        """The column of the event time, in every table, quoted."""
        from psycopg import sql

        return sql.Identifier(self.view.event_time)

    @property
    def ledger_table(self) -> sql.Composable:
        """The ledger, quoted."""
        return quoted(self.ledger.table)

    @property
    def stretch_rows(self) -> int:
        """The most waiting rows that one run decides in several windows.

        A night may read what was decided of the night before, so each night has a run of its own.
        """
        return 0 if self.population.nights else MOST_ROWS

    @property
    def names(self) -> dict[str, sql.Composable]:
        """The names of the subject's id, its event time and the relations in queries."""
        return {
            "id": self.subject_id,
            "at": self.event_time,
            "subjects": quoted(self.population.subjects),
            "nights": quoted(self.population.nights or self.population.subjects),
            "versions": quoted(self.view.versions),
            "ledger": self.ledger_table,
        }

    @property
    def is_scored(self) -> sql.Composable:
        """The SQL condition that every component of a ledger row has answered."""
        from psycopg import sql

        return sql.SQL(" and ").join(
            sql.SQL("{} = 'ok'").format(sql.Identifier("ledger", name)) for name in self.components
        )


def quoted(name: str) -> sql.Composable:
    """Return `schema.table` as a quoted identifier."""
    from psycopg import sql

    return sql.Identifier(*name.split(".", 1))
