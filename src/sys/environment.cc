#include "sys/environment.h"

#include <algorithm>
#include <cstdlib>
#include <unistd.h>

#include "base/check.h"

namespace curbstop {
namespace {

constexpr Variable kVariables[] = {
    {"HOME", VariableUse::kRead, "Home folder; base of the folders below where they are unset."},
    {"XDG_CONFIG_HOME", VariableUse::kRead, "Settings and credentials, default `~/.config`."},
    {"XDG_DATA_HOME", VariableUse::kRead, "Money and record databases, default `~/.local/share`."},
    {"XDG_STATE_HOME", VariableUse::kRead, "Logs and locks of runs, default `~/.local/state`."},
    {"XDG_CACHE_HOME", VariableUse::kRead, "What can be made again, default `~/.cache`."},
    {"XDG_RUNTIME_DIR", VariableUse::kRead,
     "Where connections to machines have their sockets, default `/tmp/curbstop-UID`."},
    {"NO_COLOR", VariableUse::kRead, "Set to anything: no colour."},
    {"COLUMNS", VariableUse::kRead, "Width of tables where the terminal does not tell."},
    {"PATH", VariableUse::kRead, "Where helpers such as `git` and `python3` are looked up."},
    {"DBUS_SESSION_BUS_ADDRESS", VariableUse::kRead, "Without it no keyring is asked."},
    {"CURBSTOP_AGENT", VariableUse::kRead,
     "The agent's file, default `curbstop-agent` beside the program."},
    {"CURBSTOP_HOME", VariableUse::kRead,
     "On a rented machine: the folder of what is ours there, default `/var/lib/curbstop`."},
    {"VAST_API_KEY", VariableUse::kAccountKey,
     "Key of the account at Vast.ai; `curbstop secret set VAST_API_KEY` keeps one."},
    {"RUNPOD_API_KEY", VariableUse::kAccountKey,
     "Key of the account at RunPod; `curbstop secret set RUNPOD_API_KEY` keeps one."},
    {"HF_TOKEN", VariableUse::kSharedKey,
     "Key to gated models of Hugging Face; `curbstop secret set HF_TOKEN` keeps one."},
    {"AWS_ACCESS_KEY_ID", VariableUse::kSharedKey,
     "Key to the named place (`place` of the settings); `curbstop secret set` keeps it too."},
    {"AWS_SECRET_ACCESS_KEY", VariableUse::kSharedKey, "The same: its secret half."},
    {"AWS_SESSION_TOKEN", VariableUse::kSharedKey, "The same, of keys that are lent for a while."},
    {"AWS_REGION", VariableUse::kRead, "Region of the named place, where the settings name none."},
    {"AWS_DEFAULT_REGION", VariableUse::kRead, "The same, where AWS_REGION is unset."},
    {"AWS_ENDPOINT_URL_S3", VariableUse::kRead,
     "Its server, where the settings name none; default: Amazon's."},
    {"AWS_ENDPOINT_URL", VariableUse::kRead, "The same, where AWS_ENDPOINT_URL_S3 is unset."},
    {"CURBSTOP_OUT", VariableUse::kSetForStep, "Folder for a step's outputs, empty at its start."},
    {"CURBSTOP_CHECKPOINT_DIR", VariableUse::kSetForStep, "Folder for a step's checkpoints."},
    {"CURBSTOP_CHECKPOINT_INTERVAL_MS", VariableUse::kSetForStep,
     "Time between checkpoints that the plan reckons with: `every` of `checkpoint`, and on a rented "
     "machine without it one by how long such machines live."},
    {"CURBSTOP_RESUME", VariableUse::kSetForStep,
     "Empty on a first start, else the folder that holds the complete checkpoints."},
    {"CURBSTOP_RESUME_FROM", VariableUse::kSetForStep, "The newest entry of CURBSTOP_RESUME."},
    {"CURBSTOP_STEP_ID", VariableUse::kSetForStep, "Stays the same over attempts."},
    {"CURBSTOP_ATTEMPT", VariableUse::kSetForStep, "1 for the first attempt."},
    {"CUDA_VISIBLE_DEVICES", VariableUse::kSetForStep, "The GPUs that the step has for itself."},
    {"CUDA_DEVICE_ORDER", VariableUse::kSetForStep,
     "`PCI_BUS_ID`: GPUs count as `nvidia-smi` counts them."},
    {"MLFLOW_TRACKING_URI", VariableUse::kSetForStep, "Loopback address of the record."},
    {"MLFLOW_RUN_ID", VariableUse::kSetForStep, "The step's run in the record."},
    {"MLFLOW_EXPERIMENT_ID", VariableUse::kSetForStep, "The project's experiment in the record."},
    {"MLFLOW_TRACKING_TOKEN", VariableUse::kSetForStep, "Right to write to this run's record."},
    {"CURBSTOP_FAILPOINT", VariableUse::kTestBuilds, "`name:n:kill` dies at the n-th passage."},
    {"CURBSTOP_FAILPOINT_LOG", VariableUse::kTestBuilds, "File that lists the points passed."},
    {"CURBSTOP_MACHINE_ROOT", VariableUse::kTestBuilds, "A recorded machine to stand on."},
    {"CURBSTOP_FAKE_MOUNT", VariableUse::kTestBuilds, "`/path=9p`: what kind of mount that is."},
    {"CURBSTOP_VAST_URL", VariableUse::kTestBuilds, "Address of Vast.ai's double."},
    {"CURBSTOP_RUNPOD_URL", VariableUse::kTestBuilds, "Address of RunPod's double."},
    {"CURBSTOP_OFFERS", VariableUse::kTestBuilds, "A price list instead of the bundled one."},
};

}  // namespace

std::span<const Variable> Variables() { return kVariables; }

std::string ReadVariable(std::string_view name) {
  CHECK(std::any_of(std::begin(kVariables), std::end(kVariables),
                    [&](const Variable& variable) { return variable.name == name; }));
  const char* value = std::getenv(std::string(name).c_str());  // NOLINT(concurrency-mt-unsafe)
  return value ? value : "";
}

EnvironmentList ReadEnvironment() {
  EnvironmentList list;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const size_t equals = text.find('=', 1);
    if (equals == text.npos) continue;
    list.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return list;
}

}  // namespace curbstop
