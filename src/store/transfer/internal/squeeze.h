// One way of a connection as a zstd stream, or plain where this build has no zstd.
//
// Source: zstd.h 1.5.4, streaming API.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace curbstop {

bool CanSqueeze();

class Squeezer {
 public:
  explicit Squeezer(bool plain);
  Squeezer(Squeezer&&) noexcept;
  Squeezer& operator=(Squeezer&&) noexcept;
  ~Squeezer();
  void Add(std::string_view bytes, std::string& out);
  void Flush(std::string& out);  // everything added so far can be read over there

 private:
  void Press(std::string_view bytes, bool flush, std::string& out);
  struct State;
  std::unique_ptr<State> state_;  // none: plain
};

class Expander {
 public:
  explicit Expander(bool plain);
  Expander(Expander&&) noexcept;
  Expander& operator=(Expander&&) noexcept;
  ~Expander();
  // Takes from the front of `in` and adds at most `most` bytes to `out`, so that a small input
  // cannot become a large one in memory. True: something was taken or added.
  // Errors: kCorrupt.
  Result<bool> Expand(std::string_view& in, size_t most, std::string& out);

 private:
  Result<bool> ExpandPressed(std::string_view& in, size_t most, std::string& out);
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace curbstop
