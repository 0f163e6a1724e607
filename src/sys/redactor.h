// Takes secrets out of a stream of bytes, before it is written anywhere.
//
// Every occurrence of a secret becomes `***`, also one that is cut by the border of two chunks.
// Overlapping occurrences become one `***`. Beside the value itself these forms of it are found:
// its base64 (both alphabets, also inside a longer encoded text), its percent-encoding, its text
// inside a JSON string (also one of ASCII alone, as Python writes it), its bytes in hex (either
// case), and each line of a value of several lines. Encoded forms and lines shorter than eight
// bytes are left alone, the whole base64 with its padding excepted; the value itself is found
// however short.
//
// Found by the automaton of Aho and Corasick, "Efficient string matching" (1975): time grows with
// the bytes, not with the number of secrets.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sys/secret.h"

namespace curbstop {

class Redactor {
 public:
  explicit Redactor(std::span<const Secret> secrets);

  // What may be written now. Only bytes that could be the start of a secret are held back.
  std::string Feed(std::string_view bytes);

  // The bytes held back, at the end of the stream; the next Feed starts a new one.
  std::string Finish();

 private:
  struct State {
    int32_t first_child = -1;
    int32_t next_sibling = -1;
    int32_t fail = 0;
    int32_t depth = 0;    // bytes of the form that led here
    int32_t longest = 0;  // length of the longest form that ends here, 0: none
    char byte = 0;
  };
  struct Match {
    size_t start;
    size_t end;
  };

  void AddForm(std::string_view form);
  void LinkFailures();
  int32_t Child(int32_t state, char byte) const;
  int32_t Next(int32_t state, char byte) const;
  void AddMatch(size_t start, size_t end);
  void EmitUntil(size_t until, std::string& out);

  std::vector<State> states_;
  std::array<int32_t, 256> from_root_{};

  int32_t state_ = 0;
  size_t position_ = 0;  // bytes fed
  size_t emitted_ = 0;   // bytes dealt with
  bool in_match_ = false;
  std::string held_;           // the bytes from `emitted_` on
  std::deque<Match> matches_;  // apart, in order
};

// A whole text at once.
std::string Redact(std::string_view text, std::span<const Secret> secrets);

}  // namespace curbstop
