"""okr_ml: forecasts and promotions. okr_ops: builds, quality verdicts, runs and alerts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

import settings
from settings import Role

revision = "0003"
down_revision = "0002"

JSON = sa.Text().with_variant(JSONB(), "postgresql")
NOW = sa.text("current_timestamp")
TIMESTAMP = sa.TIMESTAMP(timezone=True)


def upgrade() -> None:
    """Make the tables and say who may do what with them."""
    forecasts()
    promotions()
    operations()
    grants()


def forecasts() -> None:
    """One row per key result, as-of date and model version: a forecast is never changed."""
    op.create_table(
        "forecasts",
        sa.Column("key_result_key", sa.String(64), primary_key=True),
        sa.Column("as_of_date", sa.Date, primary_key=True),
        sa.Column("model_name", sa.String(200), primary_key=True),
        sa.Column("model_version", sa.String(40), primary_key=True),
        sa.Column(
            "feature_fingerprint", sa.String(64), primary_key=True, comment="Digest of the feature row"
        ),
        sa.Column("forecaster", sa.String(60), nullable=False, comment="Baseline or model, by name"),
        sa.Column("is_baseline", sa.SmallInteger, nullable=False),
        sa.Column("has_enough_labels", sa.SmallInteger, nullable=False),
        sa.Column("attainment_probability", sa.Numeric(9, 6)),
        sa.Column("probability_low", sa.Numeric(9, 6)),
        sa.Column("probability_high", sa.Numeric(9, 6)),
        sa.Column(
            "interval_level", sa.Numeric(4, 3), comment="Share of refits whose forecast lies in low..high"
        ),
        sa.Column(
            "typical_log_odds", sa.Numeric(9, 6), comment="Of a typical key result: where the reasons start"
        ),
        sa.Column("reasons", JSON, comment="Strongest first: feature, value, effect on the log odds, text"),
        sa.Column("features", JSON, nullable=False, comment="The row the model was given"),
        sa.Column("scored_at", TIMESTAMP, nullable=False, server_default=NOW),
        schema="okr_ml",
    )


def promotions() -> None:
    """Each training's candidates and the gate's word, and who is champion since when."""
    op.create_table(
        "evaluations",
        sa.Column("training_id", sa.String(64), primary_key=True, comment="MLflow run"),
        sa.Column("forecaster", sa.String(60), primary_key=True),
        sa.Column("is_baseline", sa.SmallInteger, nullable=False),
        sa.Column("cycles_tested", sa.Integer, nullable=False),
        sa.Column("labels_tested", sa.Integer, nullable=False),
        sa.Column("brier_score", sa.Numeric(9, 6)),
        sa.Column("brier_score_low", sa.Numeric(9, 6)),
        sa.Column("brier_score_high", sa.Numeric(9, 6)),
        sa.Column("brier_skill", sa.Numeric(9, 6), comment="Against the prior; above 0 is better"),
        sa.Column("brier_skill_low", sa.Numeric(9, 6)),
        sa.Column("brier_skill_high", sa.Numeric(9, 6)),
        sa.Column("brier_score_open", sa.Numeric(9, 6), comment="Where progress was not yet at 100 %"),
        sa.Column("log_loss", sa.Numeric(9, 6)),
        sa.Column("roc_auc", sa.Numeric(9, 6)),
        sa.Column("average_precision", sa.Numeric(9, 6), comment="Of ranking by the chance to miss"),
        sa.Column("mean_error", sa.Numeric(9, 6), comment="Mean forecast less mean outcome"),
        sa.Column(
            "calibration_slope", sa.Numeric(12, 6), comment="Of outcome on log odds; below 1: too sure"
        ),
        sa.Column("evaluated_at", TIMESTAMP, nullable=False, server_default=NOW),
        schema="okr_ml",
    )
    op.create_table(
        "promotions",
        sa.Column("promotion_id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("training_id", sa.String(64), nullable=False),
        sa.Column(
            "decision", sa.String(20), nullable=False, comment="promoted, refitted, kept or rolled_back"
        ),
        sa.Column(
            "champion", sa.String(60), nullable=False, comment="Forecaster in charge after the decision"
        ),
        sa.Column("model_name", sa.String(200), nullable=False),
        sa.Column("model_version", sa.String(40)),
        sa.Column("previous_version", sa.String(40)),
        sa.Column("is_baseline", sa.SmallInteger, nullable=False),
        sa.Column("reason", sa.String(4000), nullable=False),
        sa.Column(
            "input_fingerprint",
            sa.String(64),
            nullable=False,
            comment="Digest of features and labels trained on",
        ),
        sa.Column("decided_by", sa.String(200), nullable=False),
        sa.Column("decided_at", TIMESTAMP, nullable=False, server_default=NOW),
        schema="okr_ml",
    )


def operations() -> None:
    """What happened when, for people and for `okr status`."""
    op.create_table(
        "builds",
        sa.Column("build_id", sa.String(64), primary_key=True, comment="dbt's invocation id"),
        sa.Column("as_of_date", sa.Date, nullable=False),
        sa.Column(
            "publish_seq", sa.BigInteger, nullable=False, comment="Newest publication the build may see"
        ),
        sa.Column("started_at", TIMESTAMP, nullable=False, server_default=NOW),
        sa.Column("finished_at", TIMESTAMP),
        sa.Column("models", sa.Integer),
        sa.Column("tests", sa.Integer),
        sa.Column("failures", sa.Integer),
        schema="okr_ops",
    )
    op.create_table(
        "quality_results",
        sa.Column("validation_id", sa.String(64), primary_key=True),
        sa.Column("expectation_number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("door", sa.String(20), nullable=False, comment="raw or model"),
        sa.Column("asset", sa.String(200), nullable=False),
        sa.Column("expectation", sa.String(200), nullable=False),
        sa.Column("column_name", sa.String(200)),
        sa.Column("severity", sa.String(20), nullable=False),
        sa.Column("is_met", sa.SmallInteger, nullable=False),
        sa.Column("observed", sa.String(4000)),
        sa.Column("validated_at", TIMESTAMP, nullable=False, server_default=NOW),
        schema="okr_ops",
    )
    op.create_table(
        "run_stages",
        sa.Column("run_id", sa.String(64), primary_key=True),
        sa.Column("stage", sa.String(60), primary_key=True),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("seconds", sa.Numeric(12, 3), nullable=False),
        sa.Column("detail", JSON),
        sa.Column("finished_at", TIMESTAMP, nullable=False, server_default=NOW),
        schema="okr_ops",
    )
    op.create_table(
        "alerts",
        sa.Column("alert_id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("kind", sa.String(60), nullable=False),
        sa.Column("subject", sa.String(400), nullable=False),
        sa.Column("owner", sa.String(200)),
        sa.Column("message", sa.String(4000), nullable=False),
        sa.Column("detail", JSON),
        sa.Column("raised_at", TIMESTAMP, nullable=False, server_default=NOW),
        sa.Column("settled_at", TIMESTAMP),
        schema="okr_ops",
    )


def grants() -> None:
    """Each part writes its own tables and reads what it builds on."""
    postgres = settings.load().postgres

    def grant(rights: str, tables: str, *roles: Role) -> None:
        for role in roles:
            op.execute(f'grant {rights} on {tables.replace(" ", ", ")} to "{postgres.user(role)}"')

    ml = "okr_ml.forecasts okr_ml.evaluations okr_ml.promotions"
    ops = "okr_ops.builds okr_ops.quality_results okr_ops.run_stages okr_ops.alerts"
    grant("select, insert", ml, Role.ML)
    grant("select", ml, Role.TRANSFORMER, Role.QUALITY, Role.AUDITOR, Role.API)
    grant("select", ops, Role.TRANSFORMER, Role.QUALITY, Role.AUDITOR, Role.API, Role.LOADER, Role.ML)
    grant("insert, update", "okr_ops.builds", Role.TRANSFORMER)
    grant("insert", "okr_ops.alerts", Role.TRANSFORMER, Role.LOADER, Role.ML, Role.QUALITY)
    grant("insert", "okr_ops.quality_results", Role.QUALITY)


def downgrade() -> None:
    """Drop the tables."""
    for table in ("evaluations", "forecasts", "promotions"):
        op.drop_table(table, schema="okr_ml")
    for table in ("builds", "quality_results", "run_stages", "alerts"):
        op.drop_table(table, schema="okr_ops")
