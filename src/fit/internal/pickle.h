// Python's pickle format as data: dictionaries, lists, tuples, numbers and text, and nothing else.
//
// A pickle is a program for a stack machine, and its opcodes GLOBAL, REDUCE, BUILD, INST, OBJ and
// their kin call code of the reader's. None of these is carried out here: where one stands, the
// file is refused with the opcode's name and offset. Nodes are kept once and pointed to by number,
// so a file whose lists contain each other a million times takes no more memory than its bytes.
//
// Source: the Python standard library's Lib/pickletools.py (protocols 0 to 5; read are the binary
// opcodes of 2 to 5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace curbstop::fit {

enum class PickleKind : uint8_t { kNothing, kInt, kReal, kText, kList, kDict };

struct PickleNode {
  PickleKind kind = PickleKind::kNothing;
  int64_t number = 0;  // an integer, a truth value
  double real = 0;
  std::string_view text;           // into the file's bytes
  std::vector<uint32_t> children;  // of a dictionary: key, value, key, value
};

class Pickle {
 public:
  static constexpr size_t kMostNodes = 6'000'000;
  static constexpr size_t kMostLinks = 24'000'000;

  // Keeps pointing into `bytes`. Errors: kCorrupt with the offset; kDenied for an opcode that would
  // run code; kExhausted beyond kMostNodes or kMostLinks.
  static Result<Pickle> Read(std::string_view bytes, std::string_view name);

  const PickleNode& root() const { return nodes_[root_]; }
  const PickleNode& node(uint32_t at) const { return nodes_[at]; }
  // The value of a dictionary's key, looked for among its first kMostKeys; null if there is none.
  static constexpr size_t kMostKeys = 64;
  const PickleNode* Find(const PickleNode& dict, std::string_view key) const;

 private:
  friend class Unpickler;
  std::vector<PickleNode> nodes_;
  uint32_t root_ = 0;
};

}  // namespace curbstop::fit
