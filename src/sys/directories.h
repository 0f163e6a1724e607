// Where curbstop keeps things: the XDG base directories, plus the paths made from them.
//
// Source: XDG Base Directory Specification 0.8. A relative XDG_* value is ignored, as it says.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "base/result.h"

namespace curbstop {

struct Directories {
  std::filesystem::path config;  // $XDG_CONFIG_HOME/curbstop
  std::filesystem::path data;    // $XDG_DATA_HOME/curbstop
  std::filesystem::path state;   // $XDG_STATE_HOME/curbstop
  std::filesystem::path cache;   // $XDG_CACHE_HOME/curbstop

  std::filesystem::path SettingsFile() const { return config / "settings.yaml"; }
  std::filesystem::path Credentials() const { return config / "credentials"; }
  std::filesystem::path MoneyDb() const { return data / "money.db"; }
  std::filesystem::path MlflowDb() const { return data / "mlflow.db"; }
  std::filesystem::path Artifacts() const { return data / "artifacts"; }
  std::filesystem::path Calibration() const { return data / "calibration.json"; }
  std::filesystem::path Runs() const { return state / "runs"; }
  std::filesystem::path RunFolder(const std::string& run) const { return Runs() / run; }
  std::filesystem::path Locks() const { return state / "locks"; }
};

// `variable` answers an environment variable's value, empty if unset.
// Errors: kInvalidInput if neither XDG_* nor HOME says where.
Result<Directories> FindDirectories(const std::function<std::string(const char*)>& variable);

}  // namespace curbstop
