"""config.yaml, checked: which CRM, which fields, which rules, what may be written and how much."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from connectors.base import Connector, Plugin, Settings
from connectors.errors import WrongOrg
from connectors.mapping import FieldMap, FieldRole, FieldType, MappedField
from connectors.records import (
    CRM_TERRITORIES,
    CRM_USER_TERRITORIES,
    MAIN,
    TERRITORY_TABLES,
    RecordKind,
)
from connectors.registry import UnknownConnector, find
from rules.language.condition import FieldKind
from rules.language.reading.document import Code, DocumentError, MapNode, Node, Problem, check, read_yaml
from sync.config_fields import FieldConfig, FieldsConfig, TableConfig
from sync.errors import ConfigProblem
from sync.output_targets import shared_targets
from sync.outputs import OUTPUTS, column, role_column

if TYPE_CHECKING:
    from rules.language.ruleset import RuleSet


class Section(BaseModel):
    """A part of the config: unknown keys are errors, values do not change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TerritoriesConfig(Section):
    """The CRM's own territories, in which accounts (and `users`) are kept as the rules place them."""

    model: str | None = Field(None, pattern=r"^[A-Za-z]\w*$")
    """Developer name of the territory model; the active one when left out."""
    names: dict[str, Annotated[str, Field(pattern=r"^[A-Za-z]\w*$")]] = {}
    """A territory of the rules: the CRM's developer name. Those left out have their own name, dots as underscores."""
    roles: tuple[str, ...] | None = None
    """Whose territories count; those of all roles when left out."""
    users: bool = False
    """Also put people into the territories for which the rules name them."""


class OutputsConfig(Section):
    """What is written: the owner, and which output goes to which CRM field (None: the connector's default name)."""

    owner: bool = True
    fields: dict[str, str | None] = {name: None for name, output in OUTPUTS.items() if output.default}
    roles: dict[str, str] = {}
    """CRM field of accounts that holds the owner in a further role: `CSM: Success_Manager__c`, a user lookup."""
    territories: TerritoriesConfig | None = None
    """Memberships of the CRM's own territories; None leaves them alone."""

    @field_validator("fields")
    @classmethod
    def _known(cls, fields: dict[str, str | None]) -> dict[str, str | None]:
        unknown = [name for name in fields if name not in OUTPUTS]
        if unknown:
            raise ValueError(f"there is no output {unknown[0]!r}; there are {', '.join(sorted(OUTPUTS))}")
        return fields

    @field_validator("roles")
    @classmethod
    def _apart(cls, roles: dict[str, str]) -> dict[str, str]:
        columns: dict[str, str] = {}
        for role in roles:
            if columns.setdefault(role_column(role), role) != role:
                raise ValueError(f"roles {columns[role_column(role)]!r} and {role!r} are too much alike")
        return roles


class LimitsConfig(Section):
    """What is too much for one run; shares are 0..1 of what the message says."""

    moves: int = Field(200, ge=0)
    """Owner changes in one run."""
    moved_share: float = Field(0.05, ge=0, le=1)
    """Owner changes as a share of all accounts."""
    rep_lost_share: float = Field(0.25, ge=0, le=1)
    """Accounts one active rep loses, as a share of the rep's book."""
    rep_gained_share: float = Field(0.10, ge=0, le=1)
    """Accounts one rep gains, as a share of all accounts."""
    unassigned_share: float = Field(0.25, ge=0, le=1)
    """Accounts without any outcome but a reason code, as a share of all accounts."""
    catch_all_growth: float = Field(0.05, ge=0, le=1)
    """Growth of the last level's share of accounts since the last applied plan."""
    territory_changes: int = Field(1000, ge=0)
    """Accounts and users whose memberships of the CRM's own territories change in one run."""
    empty_levels: bool = False
    """Whether a level that has rules may match nothing."""
    unsound_rules: bool = False
    """Whether plans are made from rules that a proof found wrong (`territory lint`)."""
    rows_read_share: float = Field(0.90, ge=0, le=1)
    """Rows of a pull as a share of the last pull's, below which nothing is planned."""


class ScheduleConfig(Section):
    """When the nightly run begins, in local time of the zone."""

    at: str = Field("04:30", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    timezone: str | None = None
    """IANA name; the rule set's own zone when left out."""
    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = (
        "mon", "tue", "wed", "thu", "fri", "sat", "sun",
    )  # fmt: skip


class ApplyConfig(Section):
    """How changes are sent."""

    order: Literal["together", "kpis_first"] = "together"
    """One write per account, or all KPI fields first and owners last."""
    quota_reserve: float = Field(0.20, ge=0, lt=1)
    """Share of the CRM's daily calls that is never touched."""


class EngineConfig(Section):
    """Where assignments are computed: in this process, or on Spark where one machine is outgrown."""

    kind: Literal["duckdb", "spark"] = "duckdb"
    master: str | None = Field(None, min_length=1)
    """Of Spark: "local[4]", "spark://host:7077", "yarn"; its workers see the state folder under the same path."""

    incremental_above: int = Field(5_000_000, ge=0)
    """Accounts above which only those that can match otherwise than last night are evaluated (not on Spark)."""

    @model_validator(mode="after")
    def _whole(self) -> EngineConfig:
        if (self.kind == "spark") != (self.master is not None):
            raise ValueError("master goes with kind: spark, and kind: spark with a master")
        return self


class Config(Section):
    """The whole of config.yaml; `crm` is checked by the connector's own model."""

    version: Literal[1]
    crm: dict[str, Any]
    fields: FieldsConfig = FieldsConfig()
    tables: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], TableConfig] = {}
    rules: str = "rules.yaml"
    state: str = "state"
    owner_role: str = "AE"
    writes: Literal["enabled", "disabled"] = "disabled"
    outputs: OutputsConfig = OutputsConfig()
    limits: LimitsConfig = LimitsConfig()
    approval: Literal["breaches", "always"] = "breaches"
    plan_expires_hours: int = Field(24, ge=1, le=24 * 14)
    schedule: ScheduleConfig = ScheduleConfig()
    apply: ApplyConfig = ApplyConfig()
    keep_snapshots: int = Field(30, ge=2)
    full_pull_days: int = Field(7, ge=1, le=3650)
    """A whole pull replaces the incremental one after so many days."""
    engine: EngineConfig = EngineConfig()
    memory_limit: str = Field("400MB", pattern=r"^\d+(MB|GB)$")
    """What the engine's working set may take before it spills to disk."""


FIELD_KINDS: Mapping[FieldType, FieldKind] = {
    FieldType.TEXT: FieldKind.TEXT,
    FieldType.INTEGER: FieldKind.INTEGER,
    FieldType.NUMBER: FieldKind.NUMBER,
    FieldType.BOOLEAN: FieldKind.BOOLEAN,
    FieldType.DATE: FieldKind.DATE,
    FieldType.DATETIME: FieldKind.DATE,
}


@dataclass(frozen=True, slots=True)
class Project:
    """An admin's folder: the config, where its files are, and the connector it names."""

    config: Config
    path: Path
    plugin: Plugin
    settings: Settings

    @property
    def rules_path(self) -> Path:
        """The rules file."""
        return self.path.parent / self.config.rules

    @property
    def state(self) -> Path:
        """The state folder: ledger, snapshots, plans, reports."""
        return self.path.parent / self.config.state

    @property
    def crm_name(self) -> str:
        """Kind of the CRM, and the org or portal where the kind has such."""
        return f"{self.plugin.kind} {self.settings.expected_id or ''}".strip()

    @property
    def also(self) -> frozenset[RecordKind]:
        """Tables beside the main ones that plans are made or judged from, where the CRM has them."""
        told = {RecordKind.STAGES, RecordKind.RATES, RecordKind.MEMBERS, RecordKind.AUTOMATIONS}
        if self.config.outputs.owner:
            told.add(RecordKind.CHILDREN)
        return frozenset(told | (TERRITORY_TABLES if self.config.outputs.territories else set()))

    @property
    def outputs(self) -> Mapping[str, str]:
        """CRM field of every output that is written, by the output's name."""
        return {
            name: source or self.plugin.output_name(name)
            for name, source in self.config.outputs.fields.items()
        }

    def output_fields(self) -> tuple[MappedField, ...]:
        """The outputs as mapped fields of accounts, in the config's order."""
        return tuple(
            MappedField(
                column(name),
                source,
                OUTPUTS[name].type,
                FieldRole.OUTPUT,
                OUTPUTS[name].label,
                OUTPUTS[name].description,
            )
            for name, source in self.outputs.items()
        )

    def holders(self, rules: RuleSet) -> Mapping[str, str]:
        """Our column of accounts with the present owner in each role that has one.

        ConfigProblem where the config writes a role that the rules do not have.
        """
        for role in self.config.outputs.roles:
            if role not in rules.roles or role == self.config.owner_role:
                raise ConfigProblem(
                    f"{self.path}: outputs.roles names {role!r}; it takes further roles of the rules, which have "
                    f"{', '.join(rules.roles)} (owner_role is {self.config.owner_role})"
                )
        written = {role: role_column(role) for role in self.config.outputs.roles}
        return {**rules.holders, self.config.owner_role: "owner_id", **written}

    def role_fields(self) -> tuple[MappedField, ...]:
        """The fields of further roles as mapped fields of accounts: a user's id in each."""
        return tuple(
            MappedField(
                role_column(role),
                source,
                FieldType.TEXT,
                FieldRole.OUTPUT,
                f"{role} owner",
                f"Who has this account as {role}.",
                holds_user=True,
            )
            for role, source in self.config.outputs.roles.items()
        )

    def field_map(self) -> FieldMap:
        """The whole mapping: the connector's defaults, the config's own fields, the outputs."""
        fields = self.plugin.default_fields()
        for kind in MAIN:
            entries: Mapping[str, FieldConfig] = getattr(self.config.fields, str(kind))
            fields = fields.with_fields(
                kind, (_mapped(fields, kind, name, entry) for name, entry in entries.items())
            )
        if self.config.outputs.territories:
            model = MappedField("model", self.config.outputs.territories.model or "")
            fields = fields.with_fields(RecordKind.TERRITORIES, [model])
        tables = tuple(table.table(name) for name, table in self.config.tables.items())
        fields = replace(fields, tables=tables)
        return fields.with_fields(RecordKind.ACCOUNTS, (*self.output_fields(), *self.role_fields()))

    def targets(self, columns: Iterable[str]) -> dict[str, str]:
        """CRM field that each of these columns of accounts is written to, left out where it is mapped to none."""
        sources = {field.name: field.source for field in self.field_map().of(RecordKind.ACCOUNTS)}
        if territories := self.config.outputs.territories:
            model = f"territory model {territories.model or '(active)'}"
            sources |= {
                CRM_TERRITORIES: model,
                **({CRM_USER_TERRITORIES: model} if territories.users else {}),
            }
        return {name: sources[name] for name in columns if name in sources}

    def rule_fields(self) -> Mapping[str, FieldKind]:
        """Kind of every account field that rules may use."""
        from rules.language.load import STANDARD_FIELDS

        own = {
            name: entry.compare_as or FIELD_KINDS[entry.type]
            for name, entry in self.config.fields.accounts.items()
            if name not in STANDARD_FIELDS
        }
        return {**STANDARD_FIELDS, **own}

    def rules(self) -> RuleSet:
        """The rules, checked; DocumentError lists every problem with its place."""
        from rules.language.load import load_rules

        return load_rules(self.rules_path, self.rule_fields())

    def decision_hash(self) -> str:
        """Changes with every part of the config that decides what a plan holds."""
        told = self.config.model_dump(
            mode="json", include={"crm", "fields", "owner_role", "outputs", "limits"}
        )
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]

    def connect(self) -> Connector:
        """The CRM, after one read-only call that proves the credentials and the org or portal."""
        connector = self.plugin.connect(self.settings, self.field_map())
        try:
            identity = connector.identity()
            if self.settings.expected_id is not None and identity.id != self.settings.expected_id:
                raise WrongOrg(
                    f"the credentials open {identity.name!r} ({identity.id}), the config names {self.settings.expected_id}: "
                    "nothing was read or written; correct the credentials or the id under crm: in the config"
                )
        except BaseException:
            connector.close()
            raise
        return connector


def _mapped(fields: FieldMap, kind: RecordKind, name: str, entry: FieldConfig) -> MappedField:
    standard = {f.name: f for f in fields.of(kind)}.get(name)
    # A standard column keeps its type, wherever it is read from.
    return replace(standard, source=entry.source) if standard else MappedField(name, entry.source, entry.type)


def load_project(path: Path) -> Project:
    """The project of a config file; DocumentError lists every problem with its place."""
    root = read_yaml(path)
    config, problems = check(root, Config)
    plugin, settings, more = _crm(root)
    problems = [*problems, *more]
    if config is None or plugin is None or settings is None or problems:
        raise DocumentError(problems)
    project = Project(config, path, plugin, settings.beside(path.parent))
    if shared := shared_targets(root, project.field_map()):
        raise DocumentError(shared)
    return project


def _crm(root: Node) -> tuple[Plugin | None, Settings | None, list[Problem]]:
    node = root.get("crm") if isinstance(root, MapNode) else None
    if not isinstance(node, MapNode):
        return None, None, []
    kind = node.get("kind")
    if kind is None:
        return None, None, [node.problem(Code.MISSING_KEY, "crm needs a kind: salesforce, hubspot or files")]
    try:
        plugin = find(str(kind.plain()))
    except UnknownConnector as error:
        return None, None, [kind.problem(Code.BAD_VALUE, str(error))]
    settings, problems = check(node, plugin.settings)
    # The line that is wrong may hold a credential that does not belong there: only its key is shown.
    return (
        plugin,
        settings,
        [replace(p, source_line=p.source_line.partition(":")[0] + ": ...") for p in problems],
    )
