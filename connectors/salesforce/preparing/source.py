"""Steps of setup as a Salesforce DX source folder, for teams that deploy by git.

A permission set is deployed as a whole: what its file does not say is taken away. Where the org has the set already,
the file therefore says what it grants now and what is to be added.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from connectors.base import SetupStep
from connectors.salesforce.preparing.carrying import component_of, flags_of
from connectors.salesforce.preparing.metadata import Component, Metadata
from connectors.salesforce.preparing.parts import field_permission
from connectors.salesforce.preparing.rights import PERMISSION_SET
from connectors.salesforce.preparing.xml import document

PROJECT_FILE = "sfdx-project.json"
_ROOT = "force-app/main/default"
_FOLDERS: Mapping[str, tuple[str, str]] = {
    "CustomField": ("fields", "field"),
    "ListView": ("listViews", "listView"),
    "PermissionSet": ("permissionsets", "permissionset"),
    "ReportType": ("reportTypes", "reportType"),
}
_FLAGS = {
    "PermissionsCreate": "allowCreate",
    "PermissionsRead": "allowRead",
    "PermissionsEdit": "allowEdit",
    "PermissionsDelete": "allowDelete",
    "PermissionsViewAllRecords": "viewAllRecords",
    "PermissionsModifyAllRecords": "modifyAllRecords",
}


def source_of(steps: Sequence[SetupStep], metadata: Metadata) -> dict[str, bytes]:
    """The files by relative path; empty for no steps. Asks the org only where its permission set is added to."""
    if not steps:
        return {}
    components = [component_of(step) for step in steps if step.payload.get("do") == "component"]
    if added := [step for step in steps if step.payload.get("do") in ("access", "object_access")]:
        components.append(_enlarged(metadata, added))
    files = dict(_file(component) for component in components)
    project = {
        "packageDirectories": [{"path": "force-app", "default": True}],
        "sourceApiVersion": metadata.version,
    }
    files[PROJECT_FILE] = orjson.dumps(project, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    files["README.md"] = _readme(steps).encode()
    return dict(sorted(files.items()))


def _file(component: Component) -> tuple[str, bytes]:
    """Parts of an object lie below it and bear their own name inside; the others are named by their file."""
    folder, suffix = _FOLDERS[component.type]
    object, _, name = component.full_name.rpartition(".")
    if not object:
        path = f"{_ROOT}/{folder}/{component.full_name}.{suffix}-meta.xml"
        return path, document(component.type, component.definition)
    path = f"{_ROOT}/objects/{object}/{folder}/{name}.{suffix}-meta.xml"
    return path, document(component.type, {"fullName": name, **component.definition})


def _enlarged(metadata: Metadata, added: Sequence[SetupStep]) -> Component:
    """The org's permission set with what the steps add to it."""
    read = metadata.read("PermissionSet", [PERMISSION_SET]).get(PERMISSION_SET, {"label": PERMISSION_SET})
    whole = {name: value for name, value in read.items() if name != "fullName"}
    fields = {str(one["field"]): one for one in _listed(whole, "fieldPermissions")}
    objects = {str(one["object"]): one for one in _listed(whole, "objectPermissions")}
    for step in added:
        if step.payload["do"] == "access":
            name = str(step.payload["field"])
            edit = bool(step.payload["edit"]) or str(fields.get(name, {}).get("editable")) == "true"
            fields[name] = field_permission(name, edit)
        else:
            sobject = str(step.payload["sobject"])
            objects[sobject] = {"object": sobject, **{_FLAGS[f]: v for f, v in flags_of(step).items()}}
    whole["fieldPermissions"] = [fields[name] for name in sorted(fields)]
    whole["objectPermissions"] = [objects[name] for name in sorted(objects)]
    return Component("PermissionSet", PERMISSION_SET, whole)


def _listed(definition: Mapping[str, Any], member: str) -> list[Any]:
    found = definition.get(member, [])
    return found if isinstance(found, list) else [found]


def _readme(steps: Sequence[SetupStep]) -> str:
    lines = "".join(f"- {step.description}\n" for step in steps)
    return f"""# Territory Sync in Salesforce

Written by `territory setup --source`. Deployed, these files do the same as `territory setup --yes`:

{lines}
```sh
sf project deploy start --source-dir force-app
sf org assign permset --name {PERMISSION_SET} --on-behalf-of USERNAME
```

USERNAME is the user that territory-sync logs in as. Afterwards `territory setup` says "everything is there".
Page layouts are left as they are: put the fields on them where people shall see them.
"""
