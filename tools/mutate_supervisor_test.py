"""Tests of tools/mutate_supervisor.py on small sources; what it finds is the tool's own answer."""

import mutate_supervisor

SOURCE = """
void Heard(StepContext& context) {
  if (context.now() < Due(state)) return;
  if (state.phase == kA &&
      (state.b || state.c)) {
    return Close(context);
  }
  if (const Rental* rental = Current(context)) return Use(*rental);
  if (context.plants.Has(Plant::kX)) return;
  if (state.open) ++state.count;
}
"""


def test_guards_are_found_with_their_line_and_whole_condition():
    guards, _ = mutate_supervisor.find_guards("a.cc", SOURCE, 10)
    assert [(one.id, one.line, one.condition) for one in guards] == [
        (10, 3, "context.now() < Due(state)"),
        (11, 4, "state.phase == kA && (state.b || state.c)")]


def test_a_guard_is_behind_its_number_and_the_rest_is_as_it_was():
    _, changed = mutate_supervisor.find_guards("a.cc", SOURCE, 0)
    assert "if (!IsMutant(0) && (context.now() < Due(state))) return;" in changed
    assert "if (const Rental* rental = Current(context)) return" in changed
    assert "if (context.plants.Has(Plant::kX)) return;" in changed
    assert changed.count("IsMutant") == 2


def test_every_reason_names_a_guard_of_today():
    names = set()
    for name in mutate_supervisor.SOURCES:
        text = (mutate_supervisor.ROOT / "src/run/supervisor" / name).read_text(encoding="utf-8")
        names |= {guard.name for guard in mutate_supervisor.find_guards(name, text, 0)[0]}
    assert mutate_supervisor.explained().keys() <= names
    assert all(mutate_supervisor.explained().values())
