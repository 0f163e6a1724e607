// What the commands around runs share: the journal, the outside world's pieces, and the voice.
#pragma once

#include <string>

#include "face/cli/command.h"
#include "plan/caps.h"
#include "project/project.h"
#include "run/drive.h"
#include "run/journal.h"
#include "run/prepare.h"

namespace curbstop {

RunOutside OutsideOf(CommandContext& context);

// The journal, after runs whose processes died have been looked after.
Result<Journal> OpenJournal(CommandContext& context);

// A run by id, or the newest of a step by its name (of the project in the working folder, if there
// is one). Empty: the newest of all.
// Errors: kNotFound, with "did you mean".
Result<RunRow> ResolveRun(const std::string& name, Journal& journal, const CommandContext& context);

// The project's name where the working folder belongs to one, else empty.
std::string ProjectHere(const CommandContext& context);

// What the ledger has under the project's name, now.
Result<Spending> SpendingNow(Journal& journal, const Project& project,
                             const CommandContext& context);

// Lines on stderr, and one live line where that is a terminal.
class Voice : public RunAudience {
 public:
  explicit Voice(CommandContext& context) : context_(context) {}
  void Line(const std::string& step, const std::string& text) override;
  void Live(const std::string& text) override;
  Status Approve(const std::vector<std::string>& steps) override;

 protected:
  CommandContext& context_;

 private:
  bool live_ = false;
};

// "out/train (3 files, 2.1 MiB)" and the like for one run, as `runs show` and `run` print it.
std::string RunText(const RunRow& row);

// The failed step's last lines, indented, with where the whole log lies.
std::string FailureText(const RunRow& row, const Directories& directories);

}  // namespace curbstop
