"""The mapping: standard columns first, the config's own after them."""

from __future__ import annotations

import pyarrow as pa
import pytest

from connectors.mapping import FieldMap, FieldRole, FieldType, MappedField, standard_fields
from connectors.records import RecordKind
from connectors.tables import ACCOUNTS

TIER = MappedField("tier", "Tier__c", role=FieldRole.OUTPUT)
SEATS = MappedField("seats", "Seats__c", FieldType.INTEGER)
BASE = FieldMap({RecordKind.ACCOUNTS: standard_fields(RecordKind.ACCOUNTS, {"id": "Id", "name": "Name"})})


def test_the_schema_has_every_standard_column_and_then_the_mapped_ones_in_order() -> None:
    schema = BASE.with_fields(RecordKind.ACCOUNTS, [SEATS, TIER]).schema(RecordKind.ACCOUNTS)
    assert schema.names == [*ACCOUNTS.names, "seats", "tier"]
    assert schema.field("seats").type == pa.int64()


def test_a_standard_column_keeps_its_type_whatever_the_config_says() -> None:
    odd = MappedField("employees", "Headcount__c", FieldType.TEXT)
    schema = BASE.with_fields(RecordKind.ACCOUNTS, [odd]).schema(RecordKind.ACCOUNTS)
    assert schema.field("employees").type == pa.int64()


def test_a_field_of_the_same_name_replaces_the_one_before() -> None:
    renamed = BASE.with_fields(RecordKind.ACCOUNTS, [MappedField("name", "Legal_Name__c")])
    assert renamed.source(RecordKind.ACCOUNTS, "name") == "Legal_Name__c"
    assert len(renamed.of(RecordKind.ACCOUNTS)) == 2
    assert BASE.source(RecordKind.ACCOUNTS, "name") == "Name"


def test_outputs_are_the_account_fields_with_that_role() -> None:
    mapping = BASE.with_fields(RecordKind.ACCOUNTS, [SEATS, TIER])
    mapping = mapping.with_fields(RecordKind.OPPORTUNITIES, [MappedField("x", "X", role=FieldRole.OUTPUT)])
    assert mapping.outputs() == (TIER,)


def test_an_unmapped_column_has_no_source() -> None:
    assert not BASE.has(RecordKind.ACCOUNTS, "country")
    with pytest.raises(KeyError):
        BASE.source(RecordKind.ACCOUNTS, "country")


def test_standard_fields_have_the_types_of_their_columns() -> None:
    [amount, closed, due] = standard_fields(
        RecordKind.OPPORTUNITIES, {"amount": "Amount", "closed": "IsClosed", "close_date": "CloseDate"}
    )
    assert [amount.type, closed.type, due.type] == [FieldType.NUMBER, FieldType.BOOLEAN, FieldType.DATE]
