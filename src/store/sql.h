// SPDX-License-Identifier: Apache-2.0
// The statements and fragments of sql/store, embedded at build; what each is for stands in its
// file.
#ifndef OUTRIDER_STORE_SQL_H
#define OUTRIDER_STORE_SQL_H

extern const char sql_store_check_constraints[];
extern const char sql_store_claim[];
extern const char sql_store_claim_around[];
extern const char sql_store_claimable_v1[];
extern const char sql_store_claimable_v1_nullable[];
extern const char sql_store_claimable_v2[];
extern const char sql_store_claimable_v2_due[];
extern const char sql_store_claimable_v2_waiting[];
extern const char sql_store_cut[];
extern const char sql_store_dead_bound_v1[];
extern const char sql_store_dead_bound_v2[];
extern const char sql_store_dead_change[];
extern const char sql_store_dead_discard[];
extern const char sql_store_dead_guard[];
extern const char sql_store_dead_look[];
extern const char sql_store_dead_page[];
extern const char sql_store_dead_retry_v1[];
extern const char sql_store_dead_retry_v2[];
extern const char sql_store_dead_settings[];
extern const char sql_store_dead_show[];
extern const char sql_store_dead_states[];
extern const char sql_store_delete[];
extern const char sql_store_describe[];
extern const char sql_store_fail_v1[];
extern const char sql_store_fail_v2[];
extern const char sql_store_heads_slots[];
extern const char sql_store_heads_v1[];
extern const char sql_store_heads_v2[];
extern const char sql_store_in_slot[];
extern const char sql_store_lock_class[];
extern const char sql_store_lock_holder[];
extern const char sql_store_mark[];
extern const char sql_store_poll[];
extern const char sql_store_poll_settings[];
extern const char sql_store_poll_slots[];
extern const char sql_store_queue[];
extern const char sql_store_queue_of_slot[];
extern const char sql_store_release_savepoint[];
extern const char sql_store_report_activity[];
extern const char sql_store_report_backlog[];
extern const char sql_store_report_count_v1[];
extern const char sql_store_report_count_v2[];
extern const char sql_store_report_dead_rows_v1[];
extern const char sql_store_report_dead_rows_v2[];
extern const char sql_store_report_dead_v1[];
extern const char sql_store_report_dead_v2[];
extern const char sql_store_report_end_v1[];
extern const char sql_store_report_end_v2[];
extern const char sql_store_report_remaining_v1[];
extern const char sql_store_report_remaining_v2[];
extern const char sql_store_report_settings[];
extern const char sql_store_report_shape[];
extern const char sql_store_report_slot_holder[];
extern const char sql_store_report_unpublished_v1[];
extern const char sql_store_report_unpublished_v1_nullable[];
extern const char sql_store_report_unpublished_v2[];
extern const char sql_store_rollback_mark[];
extern const char sql_store_rollback_to_savepoint[];
extern const char sql_store_rollback_trial[];
extern const char sql_store_row[];
extern const char sql_store_row_headers[];
extern const char sql_store_savepoint[];
extern const char sql_store_savepoint_mark[];
extern const char sql_store_savepoint_trial[];
extern const char sql_store_settings[];
extern const char sql_store_slot_exclusive[];
extern const char sql_store_slot_of[];
extern const char sql_store_slot_shared[];
extern const char sql_store_slot_wait[];
extern const char sql_store_unblocked[];
extern const char sql_store_unblocked_in_slots[];
extern const char sql_store_unchanged_absent[];
extern const char sql_store_unchanged_present[];
extern const char sql_store_version[];
extern const char sql_store_version_table[];
extern const char sql_store_view[];

#endif
