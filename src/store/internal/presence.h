// Which objects a cache folder holds, asked for many at once. Threads: one.
#pragma once

#include <filesystem>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "store/internal/layout.h"

namespace curbstop {

class Presence {
 public:
  explicit Presence(std::filesystem::path objects) : objects_(std::move(objects)) {}

  // After a few questions about one prefix folder it is listed, which answers all further ones.
  bool Has(const ObjectId& id);

 private:
  struct Prefix {
    int asked = 0;
    bool listed = false;
    std::unordered_set<std::string> names;
  };
  std::filesystem::path objects_;
  std::unordered_map<std::string, Prefix> prefixes_;
};

}  // namespace curbstop
