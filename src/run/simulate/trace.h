// A simulated life told in plain words: when, what happened, what the supervisor did, the money.
#pragma once

#include <string>
#include <vector>

#include "run/supervisor/event.h"
#include "run/supervisor/state.h"

namespace curbstop {

class Trace {
 public:
  explicit Trace(int64_t start_ms) : start_ms_(start_ms) {}

  void Say(std::string words) { lines_.push_back(std::move(words)); }
  void World(int64_t at_ms, const std::string& words);  // something that no supervisor knows yet
  void Did(int64_t at_ms, const Effect& effect);
  void Heard(int64_t at_ms, const Event& event, const RunState& after);

  const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::string Clock(int64_t at_ms) const;

  int64_t start_ms_;
  std::vector<std::string> lines_;
  std::string money_;   // as told last
  std::string reason_;  // as told last
  std::string asked_;   // the line of a decision whose answer is not heard yet
};

}  // namespace curbstop
