// What a user sets for all projects, in `settings.yaml` of the configuration folder.
//
//   electricity: {price: 0.18 USD}     # per kWh
//   place: s3://my-bucket/curbstop     # what rented machines save while nobody is at home
//   place_endpoint: https://minio.example.org:9000
//   place_region: eu-central-1
//
// Read by a field table like the project's file, so errors have file, line and column.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/money.h"
#include "base/result.h"

namespace curbstop {

struct Settings {
  // Default: 0.18 USD/kWh, printed as assumed (docs/contracts.md §3).
  MicroUsd electricity_per_kwh{180'000};
  bool electricity_assumed = true;  // nobody has set it
  // A place beside home for the work of rented machines; empty: none. Its keys stand elsewhere.
  std::string place;
  std::string place_endpoint;  // empty: the environment's, else Amazon's
  std::string place_region;    // empty: the environment's, else us-east-1
};

// No file is no error: the defaults. Errors: kInvalidInput "FILE:LINE:COLUMN: …", kDenied.
Result<Settings> LoadSettings(const std::filesystem::path& file);

struct SettingRow {
  std::string key;     // "electricity.price"
  std::string value;   // "0.18 USD"
  std::string origin;  // "default", or "FILE:LINE:COLUMN"
  std::string doc;
};

// Every setting there is, with where its value comes from. Errors: as above.
Result<std::vector<SettingRow>> ListSettings(const std::filesystem::path& file);

}  // namespace curbstop
