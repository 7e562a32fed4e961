// SPDX-License-Identifier: Apache-2.0
// The statements of sql/schema, embedded at build; what each is for stands in its file.
#ifndef OUTRIDER_SCHEMA_SQL_H
#define OUTRIDER_SCHEMA_SQL_H

extern const char sql_schema_add_columns[];
extern const char sql_schema_applier_lock_name[];
extern const char sql_schema_applier_lock_table[];
extern const char sql_schema_applier_pid[];
extern const char sql_schema_blocker[];
extern const char sql_schema_columns[];
extern const char sql_schema_comment_table[];
extern const char sql_schema_comment_version_table[];
extern const char sql_schema_count_unpublished[];
extern const char sql_schema_create_claim_index[];
extern const char sql_schema_create_dead_index[];
extern const char sql_schema_create_due_index[];
extern const char sql_schema_create_sequence[];
extern const char sql_schema_create_slot_index[];
extern const char sql_schema_create_table[];
extern const char sql_schema_create_unpublished_index[];
extern const char sql_schema_create_version_table[];
extern const char sql_schema_create_waiting_index[];
extern const char sql_schema_demote_version[];
extern const char sql_schema_done_columns[];
extern const char sql_schema_done_columns_dropped[];
extern const char sql_schema_done_dead[];
extern const char sql_schema_done_demoted[];
extern const char sql_schema_done_index[];
extern const char sql_schema_done_index_dropped[];
extern const char sql_schema_done_number[];
extern const char sql_schema_done_slots[];
extern const char sql_schema_done_table[];
extern const char sql_schema_done_table_dropped[];
extern const char sql_schema_done_version[];
extern const char sql_schema_drop_column[];
extern const char sql_schema_drop_index[];
extern const char sql_schema_drop_numbers[];
extern const char sql_schema_drop_seq_default[];
extern const char sql_schema_drop_sequence[];
extern const char sql_schema_drop_table[];
extern const char sql_schema_drop_version_table[];
extern const char sql_schema_exhaust_dead[];
extern const char sql_schema_exhaust_dead_rest[];
extern const char sql_schema_facts[];
extern const char sql_schema_grant_sequence[];
extern const char sql_schema_grant_version_table[];
extern const char sql_schema_guard[];
extern const char sql_schema_index_progress[];
extern const char sql_schema_insert_version[];
extern const char sql_schema_invalid_index[];
extern const char sql_schema_key_numbers[];
extern const char sql_schema_lock_timeout[];
extern const char sql_schema_lock_timeout_local[];
extern const char sql_schema_made_columns[];
extern const char sql_schema_mark_dead[];
extern const char sql_schema_mark_dead_rest[];
extern const char sql_schema_note_made_columns[];
extern const char sql_schema_number_rows[];
extern const char sql_schema_own_by_seq[];
extern const char sql_schema_own_sequence[];
extern const char sql_schema_own_version_table[];
extern const char sql_schema_promote_version[];
extern const char sql_schema_rank_rows[];
extern const char sql_schema_reset_options[];
extern const char sql_schema_restore_options[];
extern const char sql_schema_set_options[];
extern const char sql_schema_set_seq_default[];
extern const char sql_schema_set_slots[];
extern const char sql_schema_settings[];
extern const char sql_schema_shut_writers_out[];
extern const char sql_schema_unmark_dead[];
extern const char sql_schema_unpublished_index_exists[];
extern const char sql_schema_use_indexes[];
extern const char sql_schema_version[];

#endif
