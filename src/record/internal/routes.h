// The calls we serve, as data. A path that is not here is answered 501 in MLflow's form.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "record/internal/api.h"

namespace curbstop {

std::span<const Route> Routes();

struct FoundRoute {
  const Route* route = nullptr;    // null: nothing we serve
  std::vector<std::string> parts;  // what the `*`s stand for
};

// `path` as it came, with its prefix /api/2.0/mlflow or /ajax-api/2.0/mlflow.
FoundRoute FindRoute(std::string_view method, std::string_view path);

// The path behind /api/2.0/ or /ajax-api/2.0/, or empty if it has neither.
std::string_view BehindPrefix(std::string_view path);

}  // namespace curbstop
