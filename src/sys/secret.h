// A value that prints as `***`. The only way to its text is Reveal(), so that every use is found
// by one search.
#pragma once

#include <string>
#include <utility>

namespace curbstop {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  const std::string& Reveal() const { return value_; }
  bool empty() const { return value_.empty(); }
  bool operator==(const Secret&) const = default;

 private:
  std::string value_;
};

inline std::string format_as(const Secret&) { return "***"; }

}  // namespace curbstop
