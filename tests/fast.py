"""Which tests `pytest -m fast` runs: some of every wing and room, all together within seconds.

An entry of `FAST` is a folder, a module, or a class or test of one. `test_fast.py` checks that each exists, and that
none of the folders is left out.
"""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent

FAST = (
    "api/display/test_cards.py",
    "api/display/test_grid.py",
    "api/display/test_text.py",
    "api/lists/test_frames.py",
    "api/lists/test_pages.py",
    "api/model/test_lookup.py",
    "api/model/test_paths.py",
    "api/model/test_plans.py",
    "api/model/test_status.py::test_every_status_is_exactly_one_of_the_four_kinds",
    "api/spec",
    "api/test_client.py",
    "api/test_client_reading.py::test_96_clusters_in_pages_of_3_come_back_as_one_frame_in_the_requested_order",
    "api/test_client_reading.py::test_every_documented_filter_reaches_the_api",
    "api/test_client_reading.py::test_a_limit_reads_the_start_of_the_list_and_no_more_pages_than_needed",
    "api/test_client_reading.py::test_a_list_that_changes_during_a_reading_is_read_again_ordered_by_id",
    "api/test_client_reading.py::test_a_cluster_is_found_by_name_by_id_and_by_the_start_of_an_id",
    "api/test_client_reading.py::test_an_argument_of_the_wrong_type_is_refused_before_anything_is_sent",
    "api/test_credentials.py",
    "api/wire/test_deadline.py::TestRunning",
    "api/wire/test_log.py::test_a_request_is_one_line_with_its_method_path_status_duration_and_attempt",
    "api/wire/test_log.py::test_a_recovered_write_is_logged",
    "api/wire/test_transport.py::test_a_request_with_a_final_status_is_not_retried",
    "api/wire/test_transport.py::test_the_words_of_the_api_are_found_in_any_shape_of_error",
    "api/wire/test_transport.py::test_a_redirect_is_not_followed",
    "api/wire/test_transport.py::test_a_delete_with_a_lost_answer_is_recovered_by_the_status",
    "api/wire/test_transport.py::TestSecrets::test_no_log_record_and_no_debug_output_shows_the_secret",
    "api/writes/test_writing.py::test_each_of_the_vendors_create_requests_reaches_the_server_unchanged",
    "api/writes/test_writing.py::test_a_count_that_is_not_a_positive_whole_number_is_refused_before_anything_is_sent",
    "api/writes/test_writing.py::test_a_create_with_a_lost_answer_is_looked_for_and_never_sent_twice",
    "commands/test_arguments.py",
    "commands/test_line.py",
    "commands/test_shell.py::test_a_table_has_one_line_per_row_with_full_values_that_line_up",
    "commands/test_shell.py::test_a_misuse_prints_the_usage_and_exits_with_2",
    "commands/test_printing.py",
    "contract/test_other_server.py::test_a_frame_has_its_columns_and_types_whatever_the_rows_lack",
    "contract/test_other_server.py::test_the_vendors_create_requests_arrive_unchanged_from_json_and_from_yaml",
    "emulator/test_emulator_access.py",
    "emulator/test_emulator_lifecycle.py",
    "emulator/test_emulator_queries.py",
    "faults/test_interrupts.py::test_a_client_is_safe_for_use_by_several_threads",
    "fleet/test_prices.py",
    "fleet/test_times.py",
    "fleet/test_usage.py",
    "live/test_operations.py",
    "live/test_recording.py",
    "live/test_state.py",
    "live/test_watcher.py::test_a_tick_is_one_list_request_however_many_listeners_there_are",
    "live/test_watcher.py::test_listeners_are_notified_of_every_reading_and_a_request_for_one_is_answered",
    "live/test_watcher.py::test_there_is_one_watcher_per_connection",
    "magics/test_connecting.py::test_without_keys_two_lines_say_how_to_connect",
    "magics/test_connecting.py::test_connect_local_starts_the_emulator_and_says_so",
    "magics/test_connecting.py::test_keys_in_the_environment_are_used_without_a_connect",
    "magics/test_create_file.py::test_what_looks_private_needs_a_flag_that_the_refusal_names",
    "magics/test_create_cell.py::test_each_of_the_vendors_requests_reaches_the_server_unchanged",
    "magics/test_create_cell.py::test_all_errors_are_reported_at_once_with_the_lines_of_the_cell",
    "magics/test_create_cell.py::TestAsking",
    "magics/test_extension.py::TestHelp",
    "magics/test_reading_commands.py::test_every_flag_of_list_has_its_effect",
    "magics/test_reading_commands.py::test_show_returns_a_cluster",
    "magics/test_typed_lines.py::test_a_flag_in_a_variable_deletes_nothing",
    "magics/test_writing_commands.py::TestDeleting",
    "widgets/test_dispatch.py",
    "widgets/test_panel.py::TestDeleting",
    "widgets/test_panel.py::TestPicking",
    "widgets/test_panel.py::TestScaling::test_a_scale_is_sent_once_and_followed_until_it_is_done",
    "api/display/test_texts.py",
    "widgets/test_view.py",
    "test_arrows.py::test_every_folder_of_the_package_is_a_known_room",
    "test_arrows.py::test_a_module_imports_only_from_below",
    "test_arrows.py::test_there_are_no_import_cycles",
    "test_fast.py",
    "test_loading.py::test_importing_the_package_loads_nothing_heavy",
    "test_loading.py::test_calls_plans_and_columns_load_no_http",
    "test_surface.py::test_every_error_is_public_and_in_its_place_in_the_tree",
    "test_surface.py::test_panel_is_a_function_and_every_widget_has_the_same_parameters",
)

# What is in these folders needs a browser, a kernel or mypy.
NEVER_FAST = {"browser", "notebooks", "typing"}


def is_fast(path: Path, nodeid: str) -> bool:
    """Return whether a test is in the list.

    Parameters
    ----------
    path
        Its module.
    nodeid
        Its name as pytest writes it: `tests/api/test_client.py::TestClosing::test_a_name[parameter]`.
    """
    name = "::".join([path.relative_to(HERE).as_posix(), *nodeid.partition("[")[0].split("::")[1:]])
    return any(name == entry or name.startswith((f"{entry}/", f"{entry}::")) for entry in FAST)


def has_fast_tests(path: Path) -> bool:
    """Return whether any test of a module is in the list."""
    name = path.relative_to(HERE).as_posix()
    return any(entry.partition("::")[0] == name or name.startswith(f"{entry}/") for entry in FAST)
