"""Which test shows each trap that a vendor's page says we handle; the page's words on the left, the folder of tests on the right."""

from __future__ import annotations

from collections.abc import Mapping

_SALESFORCE = "connectors/salesforce"
_HUBSPOT = "connectors/hubspot"

TRAPS: Mapping[str, Mapping[str, str]] = {
    "salesforce.md": {
        "owner changes by API delete account teams": f"{_SALESFORCE}::test_an_owner_change_keeps_the_team_moves_no_child_and_writes_the_fields_with_it",
        "only the account moves": f"{_SALESFORCE}::test_each_kind_of_child_moves_alone",
        "manual shares go with every owner change": f"{_SALESFORCE}::test_what_the_way_drops_is_put_back",
        "active assignment rules give records away again": f"{_SALESFORCE}::test_where_owners_move_with_the_first_job_the_rest_goes_by_collections_and_keeps_them",
        "late commits": f"{_SALESFORCE}::test_records_committed_late_are_not_missed_within_the_overlap",
        "hard deletes and merges vanish": f"{_SALESFORCE}::test_every_id_is_told_so_that_what_vanished_without_a_trace_is_found",
        "a field of a parent changes, and the record's own stamp does not": f"{_SALESFORCE}::test_an_account_whose_parent_or_owners_role_changed_is_a_changed_account",
        "labels of picklists are not their values": f"{_SALESFORCE}::test_values_are_those_of_the_api_and_labels_are_told_apart",
        "state and country picklists": f"{_SALESFORCE}::test_places_are_codes_where_the_org_has_them_and_old_texts_where_a_record_has_none",
        "the contact of a person account moves with it": f"{_SALESFORCE}::test_the_contact_that_is_a_person_account_moves_by_itself_and_is_no_child",
        "exchange rates have dates": f"{_SALESFORCE}::test_dated_rates_take_turns_without_a_gap_and_always_is_unbounded",
        "compound addresses are refused by Bulk and hold nulls": f"{_SALESFORCE}::test_a_compound_address_is_refused_with_what_to_map_instead",
        "short or torn pages": f"{_SALESFORCE}::test_pages_that_cannot_be_right_are_never_taken_for_rows",
        "an answer that never came": f"{_SALESFORCE}::test_every_row_of_a_write_ends_in_a_state_that_the_org_confirms",
        "a session that expires in the middle": f"{_SALESFORCE}::test_a_session_that_ends_anywhere_costs_one_login_and_nothing_else",
        "a new field is hidden from everybody": f"{_SALESFORCE}::test_what_was_created_can_be_written_a_lookup_with_a_user",
        "parts of an address have no security of their own": f"{_SALESFORCE}::test_a_hidden_field_is_named_with_the_access_to_grant",
        "required standard fields may not stand in a permission set": f"{_SALESFORCE}::test_the_permission_set_grants_the_least_that_is_needed",
        "hidden fields and records look empty": f"{_SALESFORCE}::test_a_field_hidden_on_tasks_or_events_alone_is_named",
        "setup objects and data in one transaction (`MIXED_DML_OPERATION`)": f"{_SALESFORCE}::test_users_join_and_leave_territories_in_calls_of_their_own",
        "memberships of territories cannot be updated": f"{_SALESFORCE}::test_a_move_is_made_first_and_taken_away_then",
        "rows of Salesforce's own territory rules (`INVALID_OPERATION`)": f"{_SALESFORCE}::test_what_a_person_or_a_rule_did_is_not_ours_and_stays",
        "deleted memberships bypass the bin": f"{_SALESFORCE}::test_the_tables_say_who_is_where_and_what_is_ours",
        "the org's one lock of group memberships": f"{_SALESFORCE}::test_the_lock_of_groups_is_waited_for_in_smaller_calls",
        "more than 10,000 records of one owner": "sync::test_who_comes_close_to_what_the_crm_bears_is_told_before_the_gate_stops_it",
        "TLS, foreign hosts, redirects": f"{_SALESFORCE}::test_a_certificate_that_is_not_worth_it_gets_no_session_id",
    },
    "hubspot.md": {
        "a search shows no more than 10,000 records": f"{_HUBSPOT}::test_more_records_than_a_search_reaches_may_bear_one_stamp",
        "the search index lags": f"{_HUBSPOT}::test_a_write_that_search_does_not_see_yet_comes_with_the_next_pull",
        "archiving changes no modification stamp": f"{_HUBSPOT}::test_records_archived_a_moment_ago_hold_up_neither_list_nor_search",
        "merged companies vanish": f"{_HUBSPOT}::test_merged_companies_come_as_deleted",
        "lists and searches of many properties are too long": f"{_HUBSPOT}::test_a_thousand_properties_are_read_by_batch_and_side_by_side",
        "a page that lost rows looks like any other": f"{_HUBSPOT}::test_a_page_that_lost_rows_on_its_way_is_asked_for_again",
        "an enumeration's label is not its value": f"{_HUBSPOT}::test_enumerations_are_held_by_internal_value_and_their_labels_kept",
        "sensitive properties look empty": f"{_HUBSPOT}::test_a_property_of_sensitive_data_is_named_and_never_read_as_blank",
        "one bad row sinks a batch of 100": f"{_HUBSPOT}::test_records_of_one_bad_owner_take_three_calls_to_find",
        "an edit made while we wait our turn": f"{_HUBSPOT}::test_an_edit_made_during_a_wait_is_never_overwritten",
        "an edit between look and write": f"{_HUBSPOT}::test_an_edit_between_look_and_write_is_found_and_told",
        "an answer that never came": f"{_HUBSPOT}::test_a_write_that_may_have_been_carried_out_is_unknown_and_never_sent_again",
        "two kinds of 429, with and without a wait": f"{_HUBSPOT}::test_the_recorded_429_of_search_names_no_wait_and_is_waited_out",
        "other programs of the same app": f"{_HUBSPOT}::test_programs_that_share_an_app_keep_its_rate_and_share_it",
        "tokens that are rotated or expire": f"{_HUBSPOT}::test_a_token_that_ended_in_the_middle_costs_one_more_and_no_row",
        "`id` and `userId` of an owner": f"{_HUBSPOT}::test_owners_who_left_come_as_inactive_and_queues_as_no_person",
        "a portal may pass owners on by itself": f"{_HUBSPOT}::test_a_plan_says_what_follows_and_what_hubspot_may_do_by_itself",
        "workflows start when a property changes": f"{_HUBSPOT}::test_each_workflow_of_companies_tells_the_properties_that_enrol",
        "redirects and foreign hosts": f"{_HUBSPOT}::test_a_redirect_takes_the_token_nowhere",
    },
}
