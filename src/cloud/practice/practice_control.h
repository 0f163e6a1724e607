// Starting, looking at and ending the practice cloud of this computer, as its commands do and
// whoever needs it for a run.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"
#include "cloud/practice/practice_home.h"
#include "sys/clock.h"
#include "sys/file_store.h"
#include "sys/random_bytes.h"
#include "sys/secrets.h"

namespace curbstop {

struct PracticeStart {
  std::optional<PracticeSettings> settings;  // empty: as it was, or the defaults
  std::optional<FaultScript> script;         // runs from now on; empty: what is left of the last
  bool fresh = false;                        // forgets market, machines and bill
};

struct PracticeAddress {
  int64_t port = 0;
  std::string key;  // of the practice account, for both skins
  bool was_running = false;

  std::string VastUrl() const;
  std::string RunpodUrl() const;
};

// The outside world that it takes to start it: `program` is this program's own file.
struct PracticeOutside {
  PracticeHome home;
  std::filesystem::path program;
  Clock& clock;
  FileStore& files;
  Random& random;
};

// Starts its server as a process of its own, and returns when that answers. One that runs already
// is taken as it is. Errors: kConflict (it runs, and `start` asks for changes; machines exist, and
// `fresh`), kUnavailable (it did not come up: its log says why), kCorrupt.
Result<PracticeAddress> StartPractice(const PracticeStart& start, const PracticeOutside& outside);

// Under which the account's key is kept among the secrets.
inline constexpr const char* kPracticeKeyName = "PRACTICE_API_KEY";

// Errors: as SecretStore::Set.
Status KeepPracticeKey(SecretStore& secrets, const PracticeAddress& address);

// The state as of now, whether it runs or not. Errors: as LoadPractice.
Result<PracticeWorld> LookAtPractice(const PracticeHome& home, const Clock& clock);

// Ends the server, after it has ended the machines. False: it did not run.
// Errors: kUnavailable (it does not end).
Result<bool> StopPractice(const PracticeOutside& outside);

}  // namespace curbstop
