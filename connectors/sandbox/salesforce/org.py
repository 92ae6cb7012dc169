"""One Salesforce org: its objects, who may see which field, and how its records are stamped."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, replace

from connectors.sandbox.core import Core
from connectors.sandbox.ledger import By
from connectors.sandbox.salesforce import ids, permissions
from connectors.sandbox.salesforce.shape import features
from connectors.sandbox.salesforce.shape.around import AROUND
from connectors.sandbox.salesforce.shape.fields import Field, SObject
from connectors.sandbox.salesforce.shape.lines import custom_object
from connectors.sandbox.salesforce.shape.schema import OBJECTS, TOOLING
from connectors.sandbox.settings import Setting
from connectors.sandbox.tables import Stored, Table

SETTINGS = (
    Setting("daily_limit", 200_000, "API requests in any 24 hours", least=0),
    Setting("page_size", 2_000, "rows of a query page", least=1, most=2_000),
    Setting("session_seconds", 7_200, "a session ends when it was not used for this long", least=1),
    Setting("open_cursors", 10, "query cursors a user may hold open; the oldest is closed first", least=1, most=10),
    Setting("assignment_rule", True, "an active rule gives written accounts to the admin unless Sforce-Auto-Assign is FALSE"),
    Setting("duplicate_rule", False, "no two accounts of one name unless Sforce-Duplicate-Rule-Header says allowSave=true"),
    Setting("inactive_owners", False, "accounts may be given to inactive users"),
    Setting("soap_auto_assign", True, "SOAP runs the assignment rule too unless AssignmentRuleHeader says useDefaultRule=false (?)"),
    Setting("mixed_owner_changes", "refuse", "accounts of other owners in one call with OwnerChangeOptions: refuse the call, refuse their rows, or ignore the options for them (?)", choices=("refuse", "rows", "ignore")),
    Setting("transferred_activities", "owner", "open activities that TransferOpenActivities moves: the old owner's or anyone's (?)", choices=("owner", "anyone")),
    Setting("transferred_contacts", "owner", "contacts that TransferContacts moves: the old owner's or anyone's (?)", choices=("owner", "anyone")),
    Setting("composite_if_match", True, "If-Match of a Composite sub-request is heeded; else it is ignored without a word (?)"),
    Setting("group_access_users", "", "ids of users with access by groups: team members they added are never kept"),
    Setting("validation_rules", "", "one a line: Object|Field|condition in SOQL that no record may meet|message"),
    Setting("hidden_fields", "", "fields the user may not read: 'Account.Phone,User.Title'"),
    Setting("read_only_fields", "", "fields the user may read but not write"),
)  # fmt: skip


class Org:
    """The org and the one integration user who talks to it."""

    def __init__(self, core: Core) -> None:
        self.core = core
        core.settings.declare((*SETTINGS, *features.SETTINGS, *permissions.SETTINGS))
        self.id = ids.make("00D", 1)
        self.user_id = ids.make("005", 1)
        self.admin_id = ids.make("005", 2)
        self.permissions = permissions.Permissions(core, self.user_id)
        self.profile_set_id = ids.make("0PS", 1)
        self._known: dict[str, SObject] = {}
        self._readable: tuple[int, int, dict[str, SObject]] | None = None
        """The objects that the user may read, by the versions of settings and permissions that say which."""
        self._there: dict[int, dict[str, SObject]] = {}
        """The objects that the org has, by the version of the settings that say which."""
        self.tooling = {o.name.lower(): o for o in TOOLING}
        for object in (*OBJECTS, *AROUND, *TOOLING):
            self._declare(object)
        for given in core.state.recall("custom objects", []):
            self._declare(custom_object(**given))
        for name, stored in core.state.recall("custom fields", {}).items():
            self._declare(self._restored(self._known[name], stored))
        self._numbers: dict[str, int] = {}
        self._granted: dict[tuple[str, str], tuple[bool, bool]] | None = None

    def _declare(self, object: SObject) -> None:
        if object.name.lower() not in self.tooling:
            self._keep(object)
        self.core.state.declare(
            Table(object.name, tuple(f.column for f in object.fields if f.type != "address"))
        )

    def _keep(self, object: SObject) -> None:
        self._known[object.name.lower()] = object
        self._there.clear()
        self._readable = None

    @property
    def objects(self) -> Mapping[str, SObject]:
        """The objects that the user may read, by their name in lower case, as the org's features are now."""
        settings, rights = self.core.settings.version, self.permissions.version
        if self._readable is None or self._readable[:2] != (settings, rights):
            hidden = self.permissions.hidden()
            found = {n: o for n, o in self.every.items() if o.name not in hidden}
            self._readable = (settings, rights, found)
        return self._readable[2]

    @property
    def every(self) -> Mapping[str, SObject]:
        """The objects that the org has, whether the user may read them or not."""
        version = self.core.settings.version
        if version not in self._there:
            missing = self._missing()
            self._there = {version: {n: o for n, o in self._known.items() if o.feature not in missing}}
        return self._there[version]

    def _missing(self) -> frozenset[str]:
        settings = self.core.settings
        return frozenset(s.name for s in features.SETTINGS if not settings[s.name])

    @staticmethod
    def _restored(object: SObject, stored: list[dict[str, object]]) -> SObject:
        for field in stored:
            values = {k: tuple(v) if isinstance(v, list) else v for k, v in field.items()}
            object = object.with_field(Field(**values))  # type: ignore[arg-type]
        return object

    # -- fields and who may see them

    def add_object(self, name: str, label: str) -> SObject:
        """Adds a custom object, with a name and an owner, that the user may do everything with."""
        if name.lower() in self._known:
            raise ValueError(f"the org already has an object {name}")
        kept = self.core.state.recall("custom objects", [])
        made = custom_object(name, label, len(kept))
        self._declare(made)
        kept.append({"name": name, "label": label, "number": len(kept)})
        self.core.state.remember("custom objects", kept)
        return made

    def add_field(self, object: SObject, field: Field) -> None:
        """Adds a custom field that nobody may see yet."""
        self._keep(object.with_field(field))
        self.core.state.add_column(object.name, field.column)
        kept = self.core.state.recall("custom fields", {})
        kept.setdefault(object.name.lower(), []).append(asdict(field))
        self.core.state.remember("custom fields", kept)

    def reword(self, object: SObject, name: str, label: str, help: str | None) -> None:
        """Gives a custom field other words."""
        reworded = tuple(
            replace(field, label=label, help=help) if field.name.lower() == name.lower() else field
            for field in object.fields
        )
        self._keep(replace(object, fields=reworded, _by_name={}))
        kept = self.core.state.recall("custom fields", {})
        for field in kept.get(object.name.lower(), []):
            if str(field["name"]).lower() == name.lower():
                field |= {"label": label, "help": help}
        self.core.state.remember("custom fields", kept)

    def grant(self, object: str, field: str) -> None:
        """Lets the user's profile read and write a custom field."""
        row: dict[str, Stored] = {
            "ParentId": self.profile_set_id,
            "SobjectType": object,
            "Field": f"{object}.{field}",
            "PermissionsRead": 1,
            "PermissionsEdit": 1,
        }
        number = self.next_number("FieldPermissions")
        values = self.stamped(row, By(self.admin_id, self.core.clock.now()), new=True)
        self.core.state.load(
            "FieldPermissions", ["Id", *values], [(ids.make("01k", number), *values.values())]
        )
        self.forget_permissions()

    def readable(self, object: str, field: str) -> bool:
        """Whether the user may read this field."""
        return self._access(object, field)[0]

    def editable(self, object: str, field: str) -> bool:
        """Whether the user may write this field, as far as permissions go."""
        return self._access(object, field)[1]

    def forget_permissions(self) -> None:
        """Looks up anew who may see what; needed after every write to the permission objects."""
        self._granted = None
        self.permissions.forget()

    def _access(self, object: str, field: str) -> tuple[bool, bool]:
        name = f"{object}.{field}"
        if name.lower() in self.listed("hidden_fields"):
            return False, False
        found = self.objects[object.lower()].find(field) if object.lower() in self.objects else None
        if found is not None and (found.unseen or (found.feature and not self.core.settings[found.feature])):
            return False, False
        if found is None or not found.custom:
            return True, name.lower() not in self.listed("read_only_fields")
        if self._granted is None:
            self._granted = self._read_grants()
        read, edit = self._granted.get((object.lower(), field.lower()), (False, False))
        return read, edit and name.lower() not in self.listed("read_only_fields")

    def listed(self, setting: str) -> set[str]:
        """The parts of a setting that is a list with commas, in lower case."""
        return {part.strip().lower() for part in self.core.settings[setting].split(",") if part.strip()}

    def _read_grants(self) -> dict[tuple[str, str], tuple[bool, bool]]:
        rows = self.core.state.rows(
            "SELECT f.SobjectType, f.Field, max(f.PermissionsRead), max(f.PermissionsEdit) FROM FieldPermissions f"
            " JOIN PermissionSetAssignment a ON a.PermissionSetId = f.ParentId WHERE a.AssigneeId = ? GROUP BY 1, 2",
            (self.user_id,),
        )
        return {
            (str(object).lower(), str(name).partition(".")[2].lower()): (bool(read), bool(edit))
            for object, name, read, edit in rows
        }

    # -- records

    def next_number(self, object: str) -> int:
        """The number of the next record of this object; numbers of deleted records are not used again."""
        if object not in self._numbers:
            kept = int(self.core.state.recall(f"numbers {object}", 0))
            self._numbers[object] = max(kept, 1_000_000 + self.core.state.count(object))
        self._numbers[object] += 1
        self.core.state.remember(f"numbers {object}", self._numbers[object])
        return self._numbers[object]

    @staticmethod
    def stamped(values: Mapping[str, Stored], by: By, *, new: bool = False) -> dict[str, Stored]:
        """The values with the stamps that every write leaves."""
        stamps: dict[str, Stored] = {
            "LastModifiedDate": by.at // 1000 * 1000,
            "LastModifiedById": by.actor if re.match("005", by.actor) else ids.make("005", 2),
            "SystemModstamp": by.at // 1000 * 1000,
        }
        if new:
            stamps |= {"CreatedDate": stamps["LastModifiedDate"], "CreatedById": stamps["LastModifiedById"]}
        return {**values, **stamps}

    def custom_field(self, object: SObject, full_name: str, metadata: Mapping[str, object]) -> Field:
        """The field that this Tooling metadata describes; ValueError where it is not one we know how to make."""
        kinds = {
            "Text": "string", "LongTextArea": "textarea", "Number": "double", "Currency": "currency",
            "Percent": "percent", "Checkbox": "boolean", "Date": "date", "DateTime": "datetime", "Url": "url",
            "Email": "email", "Phone": "phone", "Picklist": "picklist", "MultiselectPicklist": "multipicklist",
            "Lookup": "reference", "MasterDetail": "reference",
        }  # fmt: skip
        kind = str(metadata.get("type"))
        if kind not in kinds:
            raise ValueError(
                f"the sandbox makes no custom fields of type {kind!r}; it knows {', '.join(kinds)}"
            )
        precision, scale = (int(str(metadata.get(key) or 0)) for key in ("precision", "scale"))
        length = int(str(metadata.get("length") or 0))
        made = Field(
            full_name, kinds[kind], str(metadata.get("label")), length, precision, scale, custom=True
        )
        values = (
            json.loads(json.dumps(metadata.get("valueSet") or {}))
            .get("valueSetDefinition", {})
            .get("value", [])
        )
        if kinds[kind] == "reference":
            related = full_name.removesuffix("__c") + "__r"
            made = replace(
                made, targets=(str(metadata.get("referenceTo")),), relationship=related, indexed=True
            )
        help = metadata.get("inlineHelpText")
        return replace(
            made,
            nillable=kind != "Checkbox" and str(metadata.get("required")).lower() != "true",
            values=tuple(v["valueName"] for v in values),
            labels={v["valueName"]: v["label"] for v in values if v.get("label")},
            help=None if help is None else str(help),
            external_id=str(metadata.get("externalId")).lower() == "true",
            unique=str(metadata.get("unique")).lower() == "true",
        )
