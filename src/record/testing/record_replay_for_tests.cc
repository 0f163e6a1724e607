// For the tests of the agent away, the part of home:
//   record_replay_for_tests start DB ARTIFACTS RUN STEP EXPERIMENT      makes the run; what goes
//   away record_replay_for_tests apply DB ARTIFACTS RUN STEP SOURCE CALLS FILES   what came back
#include <cstdio>
#include <span>
#include <string>

#include "base/text.h"
#include "record/record.h"
#include "record/replay.h"
#include "sys/files.h"

namespace curbstop {
namespace {

using Words = std::span<char*>;

Result<std::string> Start(Record& record, Words words) {
  TRY(record.StartRun({.run_uuid = words[3],
                       .experiment = words[5],
                       .run_name = "step",
                       .user = "tester",
                       .start_ms = 1'000,
                       .tags = {{"curbstop.step_id", words[4]}},
                       .params = {}}));
  TRY_ASSIGN(const Json away, RecordForAway(record, words[3], words[4]));
  return WriteJson(away);
}

Result<std::string> Apply(Record& record, Words words) {
  TRY_ASSIGN(const std::string text, ReadFile(words[6]));
  std::vector<Json> calls;
  for (const std::string_view line : Lines(text)) {
    TRY_ASSIGN(Json call, ParseJson(line));
    calls.push_back(std::move(call));
  }
  RecordReplay replay(record, {words[3], words[4], words[5]});
  TRY_ASSIGN(const ReplayOutcome outcome, replay.Apply(calls, words[7]));
  return WriteJson(Json::MakeObject({{"applied", outcome.applied},
                                     {"refused", outcome.refused},
                                     {"refusals", Json::ArrayOf(outcome.refusals)}}));
}

Result<std::string> Run(Words words) {
  const std::string what = words.empty() ? "" : words[0];
  if ((what != "start" || words.size() != 6) && (what != "apply" || words.size() != 8))
    return InvalidInput("usage: see the source");
  TRY_ASSIGN(Record record, Record::Open(words[1], words[2]));
  return what == "start" ? Start(record, words) : Apply(record, words);
}

}  // namespace
}  // namespace curbstop

int main(int argc, char** argv) {
  const auto done = curbstop::Run(std::span(argv + 1, static_cast<size_t>(argc - 1)));
  if (done.ok()) return std::puts(done->c_str()) < 0 ? 1 : 0;
  std::fputs((done.error().Text() + "\n").c_str(), stderr);
  return curbstop::ExitCodeOf(done.error().kind());
}
