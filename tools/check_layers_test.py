"""Tests of tools/check_layers.py on small trees made here."""

import check_layers


def make(root, files):
    for name, text in files.items():
        path = root / "src" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def found(root, files):
    make(root, files)
    return list(check_layers.problems(root))


def room(name, deps="", headers="", sources="", more=""):
    return f"curbstop_module({name}\n  DEPS {deps}\n  HEADERS {headers}\n  SOURCES {sources}\n  {more})\n"


HOUSE = {
    "base/CMakeLists.txt": room("base", headers="text.h"),
    "base/text.h": "",
    "sys/CMakeLists.txt": room("sys", deps="base", headers="files.h", sources="clock.cc"),
    "sys/files.h": '#include "base/text.h"\n',
    "sys/clock.cc": "auto t = std::chrono::system_clock::now();\n",
    "plan/CMakeLists.txt": room("plan", deps="sys", sources="plan.cc"),
    "plan/plan.cc": '#include "sys/files.h"\n#include "base/text.h"\n',
}


def test_a_clean_house_has_no_problems(tmp_path):
    assert found(tmp_path, HOUSE) == []


def test_an_include_that_deps_do_not_cover_is_named(tmp_path):
    house = HOUSE | {"sys/files.h": "", "plan/CMakeLists.txt": room("plan", deps="base", sources="plan.cc")}
    assert found(tmp_path, house) == [
        "plan/plan.cc: includes `sys/files.h`, but DEPS of `plan` does not name `sys`"]


def test_a_header_that_is_not_public_is_named(tmp_path):
    house = HOUSE | {"sys/CMakeLists.txt": room("sys", deps="base", sources="clock.cc")}
    assert found(tmp_path, house) == [
        "plan/plan.cc: includes `sys/files.h`, which is not in HEADERS of `sys`"]


def test_an_arrow_upwards_and_a_cycle_are_named(tmp_path):
    house = HOUSE | {"base/CMakeLists.txt": room("base", deps="plan", headers="text.h")}
    problems = found(tmp_path, house)
    assert "base: DEPS names `plan`, which is on a higher floor" in problems
    assert "base: is part of a cycle of DEPS" in problems


def test_a_folder_that_is_no_room_is_named(tmp_path):
    house = HOUSE | {"garage/CMakeLists.txt": room("garage")}
    assert found(tmp_path, house) == [
        "garage: is no room of ARCHITECTURE.md; tools/check_layers.py lists them"]


def test_internal_headers_of_another_room_are_closed_even_to_tests(tmp_path):
    house = HOUSE | {
        "sys/internal/x.h": "",
        "plan/CMakeLists.txt": room("plan", deps="sys", sources="plan.cc", more="TESTS plan_test.cc"),
        "plan/plan_test.cc": '#include "sys/internal/x.h"\n'}
    assert found(tmp_path, house) == [
        "plan/plan_test.cc: includes `sys/internal/x.h`, which is internal to `sys`"]


def test_fakes_are_for_tests_only(tmp_path):
    house = HOUSE | {
        "sys/testing/fake.h": "",
        "plan/CMakeLists.txt": room("plan", deps="sys", sources="plan.cc", more="TESTS plan_test.cc"),
        "plan/plan_test.cc": '#include "sys/testing/fake.h"\n'}
    assert found(tmp_path, house) == []
    house["plan/plan.cc"] = '#include "sys/testing/fake.h"\n'
    assert found(tmp_path, house) == [
        "plan/plan.cc: includes `sys/testing/fake.h` from production code"]


def test_fenced_headers_stay_at_home(tmp_path):
    house = HOUSE | {"plan/plan.cc": "#include <iostream>\n#include <sqlite3.h>\n#include <CLI/CLI.hpp>\n"}
    problems = found(tmp_path, house)
    assert [problem.split(":")[1].split(",")[0].strip() for problem in problems] == [
        "includes <iostream>", "includes <sqlite3.h>", "includes <CLI/CLI.hpp>"]


def test_the_store_may_hash_but_not_speak_tls(tmp_path):
    house = HOUSE | {
        "store/CMakeLists.txt": room("store", sources="hash.cc"),
        "store/hash.cc": "#include <openssl/evp.h>\n#include <openssl/ssl.h>\n"}
    assert found(tmp_path, house) == [
        "store/hash.cc: includes <openssl/ssl.h>, which belongs to sys/: TLS is behind sys"]


def test_only_the_clock_reads_a_clock(tmp_path):
    house = HOUSE | {"plan/plan.cc": "auto t = std::chrono::steady_clock::now();\n"}
    assert found(tmp_path, house) == ["plan/plan.cc: reads a clock; only sys/clock.cc may"]


def test_a_source_that_no_list_names_is_found(tmp_path):
    house = HOUSE | {"plan/forgotten.cc": ""}
    assert found(tmp_path, house) == [
        "plan/forgotten.cc: no CMakeLists.txt lists it (plan/CMakeLists.txt)"]


def test_two_types_of_one_name_are_found_unless_one_is_unnamed(tmp_path):
    hidden = "namespace curbstop {\nnamespace {\n\nvoid F() {\n}\n\nstruct Twin {\n  int a;\n};\n\n}  // namespace\n}\n"
    house = HOUSE | {"base/text.h": "struct Twin {\n  int a;\n};\n", "sys/clock.cc": hidden}
    assert found(tmp_path, house) == []
    house |= {"sys/files.h": '#include "base/text.h"\nclass Twin final : public Base {\n};\n'}
    assert found(tmp_path, house) == ["sys/files.h: defines `Twin`, which base/text.h defines too"]
