"""Tests of tools/golden.py: what it accepts, what it catches, what it masks."""

import pathlib

import golden

BUILD = pathlib.Path("/nonexistent")


def difference(tmp_path, text, accept=False):
    path = tmp_path / "case.t"
    path.write_text(text, encoding="utf-8")
    return golden.check_file(path, BUILD, accept)


def test_output_errors_and_exit_code_are_compared(tmp_path):
    text = "Prose.\n\n  $ echo out; echo err >&2; exit 3\n  out\n  ! err\n  ? 3\n\nMore prose.\n"
    assert difference(tmp_path, text) == ""


def test_a_wrong_line_is_shown_as_a_difference(tmp_path):
    shown = difference(tmp_path, "  $ echo new\n  old\n")
    assert "-  old" in shown and "+  new" in shown


def test_an_exit_code_that_is_not_written_down_fails(tmp_path):
    assert "+  ? 1" in difference(tmp_path, "  $ false\n")


def test_a_file_without_commands_fails(tmp_path):
    assert "holds no command" in difference(tmp_path, "Nothing here.\n")


def test_accept_rewrites_the_outputs_and_keeps_the_prose(tmp_path):
    assert difference(tmp_path, "Before.\n\n  $ echo a\n  b\n\nAfter.\n", accept=True) == ""
    assert (tmp_path / "case.t").read_text() == "Before.\n\n  $ echo a\n  a\n\nAfter.\n"


def test_a_command_goes_on_over_lines(tmp_path):
    text = "  $ cat <<'END'\n  > one\n  > two\n  > END\n  one\n  two\n"
    assert difference(tmp_path, text) == ""


def test_output_that_starts_with_an_arrow_is_output(tmp_path):
    assert difference(tmp_path, "  $ echo x; echo '> y'\n  x\n  > y\n") == ""


def test_files_share_one_folder_and_no_variables(tmp_path):
    text = "  $ echo 1 > a; export B=2\n\n  $ cat a; echo ${B:-none}\n  1\n  none\n"
    assert difference(tmp_path, text) == ""


def test_times_ports_and_folders_are_masked(tmp_path):
    text = ("  $ echo at 2026-11-24T17:05:09Z on 127.0.0.1:4711 in 1.25 s, pid 77\n"
            "  at TIME on 127.0.0.1:PORT in N s, pid N\n\n"
            "  $ pwd; echo $HOME\n  WORK\n  TEMP/home\n")
    assert difference(tmp_path, text) == ""


def test_run_ids_are_numbered_in_order_of_appearance(tmp_path):
    text = ("  $ mkdir -p $XDG_STATE_HOME/curbstop/runs/9zzzzzzzzz $XDG_STATE_HOME/curbstop/runs/1aaaaaaaaa\n\n"
            "  $ echo 9zzzzzzzzz then 1aaaaaaaaa\n  RUN1 then RUN2\n")
    assert difference(tmp_path, text) == ""


def test_a_file_can_mask_more(tmp_path):
    assert difference(tmp_path, "  ~ [0-9a-f]{32} HASH\n\n  $ echo 0123456789abcdef0123456789abcdef\n  HASH\n") == ""


def test_locale_zone_width_and_colour_are_fixed(tmp_path):
    assert difference(tmp_path, "  $ echo $LC_ALL $TZ $COLUMNS $NO_COLOR\n  C.UTF-8 UTC 100 1\n") == ""
