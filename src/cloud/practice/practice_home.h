// The practice cloud's files, below the state folder: docs/formats/practice.md.
//
//   practice/cloud.json   the whole state (0600: it holds keys), written before each answer that
//                         changes something
//   practice/lock         held by the server while it runs
//   practice/server.json  which process that is
//   practice/log          what it had to say
//   practice/machines/ID/ one folder for each machine: machines/internal/machine_folder.h
#pragma once

#include <filesystem>
#include <optional>

#include "base/result.h"
#include "cloud/practice/machines/machine_place.h"
#include "cloud/practice/practice_state.h"
#include "cloud/practice/practice_world.h"
#include "sys/directories.h"
#include "sys/file_store.h"
#include "sys/process_identity.h"

namespace curbstop {

struct PracticeHome {
  std::filesystem::path folder;

  std::filesystem::path State() const { return folder / "cloud.json"; }
  std::filesystem::path Lock() const { return folder / "lock"; }
  std::filesystem::path Server() const { return folder / "server.json"; }
  std::filesystem::path Log() const { return folder / "log"; }
  std::filesystem::path Machines() const { return folder / "machines"; }
};

PracticeHome PracticeHomeOf(const Directories& directories);

std::string PracticeStateText(const PracticeState& state);

// Errors: kNotFound (no practice cloud was ever started), kCorrupt, kDenied.
Result<PracticeState> LoadPractice(const PracticeHome& home);
Status SavePractice(const PracticeHome& home, FileStore& files, const PracticeState& state);

// With what follows from the state's settings. Errors: kCorrupt.
Result<PracticeWorld> WorldOf(PracticeState state);

// The process that serves it now; empty: none does.
std::optional<ProcessIdentity> RunningPractice(const PracticeHome& home);
Status WriteRunningPractice(const PracticeHome& home, FileStore& files, const PlaceChoice& place);

// Where its machines live, as the server found out when it started; empty: not known.
std::optional<PlaceChoice> PlaceOfPractice(const PracticeHome& home);

// A fault script in YAML. Errors: kInvalidInput with its place, kNotFound.
Result<FaultScript> ReadFaultScript(const std::filesystem::path& file);

}  // namespace curbstop
