#include "run/agent/end_plan.h"

#include <gtest/gtest.h>

namespace curbstop {
namespace {

using std::chrono::seconds;

MachineEndFacts Facts() {
  return {.lease_left = seconds(1000),
          .grace = seconds(30),
          .save = seconds(60),
          .margin = seconds(10),
          .patience = seconds(120)};
}

MachineEndFacts With(void (*change)(MachineEndFacts&)) {
  MachineEndFacts facts = Facts();
  change(facts);
  return facts;
}

struct StopRow {
  const char* when;
  MachineEndFacts facts;
  StopWhy why;
};

TEST(EndPlan, AStepIsStoppedInTimeForItsGraceTheSaveAndTheMargin) {
  const StopRow rows[] = {
      {"a long lease", Facts(), StopWhy::kNone},
      {"no lease is known", With([](MachineEndFacts& f) { f.lease_left.reset(); }), StopWhy::kNone},
      {"grace and margin are left", With([](MachineEndFacts& f) { f.lease_left = seconds(40); }),
       StopWhy::kLease},
      {"a second more", With([](MachineEndFacts& f) { f.lease_left = seconds(41); }),
       StopWhy::kNone},
      {"with a save to come", With([](MachineEndFacts& f) {
         f.lease_left = seconds(100), f.at_end = EndWish::kSave, f.has_place = true;
       }),
       StopWhy::kLease},
      {"with a save to come, a second more", With([](MachineEndFacts& f) {
         f.lease_left = seconds(101), f.at_end = EndWish::kSave, f.has_place = true;
       }),
       StopWhy::kNone},
      {"no place to save at",
       With([](MachineEndFacts& f) { f.lease_left = seconds(100), f.at_end = EndWish::kSave; }),
       StopWhy::kNone},
      {"the lease is over", With([](MachineEndFacts& f) { f.lease_left = seconds(-5); }),
       StopWhy::kLease},
      {"the keeper is gone", With([](MachineEndFacts& f) { f.keeper_lives = false; }),
       StopWhy::kKeeper},
  };
  for (const StopRow& row : rows) EXPECT_EQ(WhyStop(row.facts), row.why) << row.when;
}

struct EndRow {
  const char* when;
  MachineEndFacts facts;
  EndAct act;
};

TEST(EndPlan, AfterTheStepTheMachineEndsAsAtEndSays) {
  const auto alone = [](MachineEndFacts& f) { f.alone_for = seconds(120); };
  const auto save = [](MachineEndFacts& f) {
    f.alone_for = seconds(120), f.at_end = EndWish::kSave, f.has_place = true;
  };
  const EndRow rows[] = {
      {"just finished", Facts(), EndAct::kWait},
      {"somebody is connected",
       With([](MachineEndFacts& f) { f.connected = true, f.alone_for = seconds(500); }),
       EndAct::kWait},
      {"nobody came", With(alone), EndAct::kEndMachine},
      {"nobody came, save", With(save), EndAct::kSave},
      {"nobody came, saved", With([](MachineEndFacts& f) {
         f.alone_for = seconds(120), f.at_end = EndWish::kSave, f.has_place = f.is_saved = true;
       }),
       EndAct::kEndMachine},
      {"nobody came, home alone survives",
       With([](MachineEndFacts& f) { f.alone_for = seconds(500), f.at_end = EndWish::kSave; }),
       EndAct::kWait},
      {"the same at the lease's end",
       With([](MachineEndFacts& f) { f.lease_left = seconds(10), f.at_end = EndWish::kSave; }),
       EndAct::kEndMachine},
      {"connected, time for the save is left", With([](MachineEndFacts& f) {
         f.connected = true, f.lease_left = seconds(70);
         f.at_end = EndWish::kSave, f.has_place = true;
       }),
       EndAct::kSave},
      {"connected, nothing to save, margin left",
       With([](MachineEndFacts& f) { f.connected = true, f.lease_left = seconds(10); }),
       EndAct::kEndMachine},
      {"a save that took all the time there was", With([](MachineEndFacts& f) {
         f.lease_left = seconds(10), f.at_end = EndWish::kSave, f.has_place = true;
       }),
       EndAct::kEndMachine},
      {"released", With([](MachineEndFacts& f) { f.released = f.connected = true; }),
       EndAct::kEndMachine},
      {"released although not saved",
       With([](MachineEndFacts& f) { f.released = f.has_place = true, f.at_end = EndWish::kSave; }),
       EndAct::kEndMachine},
      {"released, the next run has it",
       With([](MachineEndFacts& f) { f.released = f.keep_machine = true; }), EndAct::kLeave},
      {"no lease is known, nobody came",
       With([](MachineEndFacts& f) { f.lease_left.reset(), f.alone_for = seconds(120); }),
       EndAct::kEndMachine},
  };
  for (const EndRow& row : rows) EXPECT_EQ(NextEndAct(row.facts), row.act) << row.when;
}

}  // namespace
}  // namespace curbstop
