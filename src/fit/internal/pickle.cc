#include "fit/internal/pickle.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <unordered_map>

#include <fmt/format.h>

#include "fit/byte_reader.h"

namespace curbstop::fit {

// The stack machine. A mark is an entry of its own on the stack.
class Unpickler {
 public:
  Unpickler(std::string_view bytes, std::string_view name)
      : source_(bytes, name), reader_(source_) {}

  Result<Pickle> Run() {
    for (;;) {
      const uint64_t at = reader_.offset();
      TRY_ASSIGN(const auto opcode, reader_.Number<uint8_t>());
      if (opcode == '.') return Stop(at);
      TRY(Step(opcode, at));
      if (pickle_.nodes_.size() > Pickle::kMostNodes || memo_.size() > Pickle::kMostNodes ||
          links_ + stack_.size() > Pickle::kMostLinks)
        return Exhausted(fmt::format("above {} values or {} links between them at offset {}",
                                     Pickle::kMostNodes, Pickle::kMostLinks, at));
    }
  }

 private:
  static constexpr uint32_t kMark = UINT32_MAX;

  Result<Pickle> Stop(size_t at) {
    if (stack_.size() != 1 || stack_[0] == kMark)
      return reader_.WrongAt(at, fmt::format("{} values are left, expected one", stack_.size()));
    pickle_.root_ = stack_[0];
    return std::move(pickle_);
  }

  uint32_t Push(PickleNode node) {
    pickle_.nodes_.push_back(std::move(node));
    stack_.push_back(static_cast<uint32_t>(pickle_.nodes_.size() - 1));
    return stack_.back();
  }
  void PushInt(int64_t number) { Push({.kind = PickleKind::kInt, .number = number}); }

  Result<uint32_t> Pop(size_t at) {
    if (stack_.empty() || stack_.back() == kMark) return reader_.WrongAt(at, "the stack is empty");
    const uint32_t top = stack_.back();
    stack_.pop_back();
    return top;
  }

  // Everything above the last mark, which goes too.
  Result<std::vector<uint32_t>> PopToMark(size_t at) {
    const auto mark = std::find(stack_.rbegin(), stack_.rend(), kMark);
    if (mark == stack_.rend()) return reader_.WrongAt(at, "there is no mark on the stack");
    std::vector<uint32_t> items(mark.base(), stack_.end());
    stack_.erase(mark.base() - 1, stack_.end());
    return items;
  }

  // The container that items are added to; it stays on the stack.
  Result<PickleNode*> Top(PickleKind kind, size_t at) {
    if (stack_.empty() || stack_.back() == kMark || pickle_.nodes_[stack_.back()].kind != kind)
      return reader_.WrongAt(at, "items are added to what holds none");
    return &pickle_.nodes_[stack_.back()];
  }

  Status AddAll(PickleKind kind, const std::vector<uint32_t>& items, size_t at) {
    TRY_ASSIGN(PickleNode* const container, Top(kind, at));
    if (kind == PickleKind::kDict && items.size() % 2 != 0)
      return reader_.WrongAt(at, "a key without a value");
    container->children.insert(container->children.end(), items.begin(), items.end());
    links_ += items.size();
    return {};
  }

  Status MakeTuple(size_t count, size_t at) {
    PickleNode node{.kind = PickleKind::kList};
    for (size_t i = 0; i < count; ++i) {
      TRY_ASSIGN(const uint32_t item, Pop(at));
      node.children.insert(node.children.begin(), item);
    }
    links_ += count;
    Push(std::move(node));
    return {};
  }

  template <typename T>
  Status Text(size_t at) {
    TRY_ASSIGN(const T length, reader_.Number<T>());
    Result<std::string_view> text = reader_.Take(length);
    if (!text.ok()) return reader_.WrongAt(at, "a text is longer than the file");
    Push({.kind = PickleKind::kText, .text = *text});
    return {};
  }

  template <typename T>
  Status Int() {
    TRY_ASSIGN(const T number, reader_.Number<T>());
    PushInt(static_cast<int64_t>(number));
    return {};
  }

  // Little-endian two's complement; above 63 bits it is kept as a real number (an address).
  Status Long1(size_t at) {
    TRY_ASSIGN(const auto length, reader_.Number<uint8_t>());
    TRY_ASSIGN(const std::string_view bytes, reader_.Take(length));
    if (length > 9) return reader_.WrongAt(at, "a whole number above 72 bits");
    uint64_t value = 0;
    for (size_t i = 0; i < std::min<size_t>(length, 8); ++i)
      value |= static_cast<uint64_t>(static_cast<uint8_t>(bytes[i])) << (8 * i);
    const bool negative = length > 0 && (static_cast<uint8_t>(bytes[length - 1]) & 0x80) != 0;
    if (negative && length < 8) value |= ~uint64_t{0} << (8 * length);
    if (length == 9) {
      Push({.kind = PickleKind::kReal, .real = static_cast<double>(value)});
    } else {
      PushInt(static_cast<int64_t>(value));
    }
    return {};
  }

  // Eight bytes, the highest first.
  Status Real() {
    TRY_ASSIGN(const auto bits, reader_.Number<uint64_t>());
    Push({.kind = PickleKind::kReal, .real = std::bit_cast<double>(__builtin_bswap64(bits))});
    return {};
  }

  Status Memoize(uint64_t index, size_t at) {
    if (stack_.empty() || stack_.back() == kMark)
      return reader_.WrongAt(at, "there is nothing to remember");
    memo_[index] = stack_.back();
    return {};
  }

  Status Recall(uint64_t index, size_t at) {
    const auto found = memo_.find(index);
    if (found == memo_.end())
      return reader_.WrongAt(at, fmt::format("value {} was never remembered", index));
    stack_.push_back(found->second);
    return {};
  }

  Status Step(uint8_t opcode, size_t at) {
    switch (opcode) {
      case 0x80: return Skip(1);  // PROTO
      case 0x95: return Skip(8);  // FRAME
      case '(': stack_.push_back(kMark); return {};
      case 'N': Push({}); return {};
      case 0x88: PushInt(1); return {};
      case 0x89: PushInt(0); return {};
      case 'J': return Int<int32_t>();
      case 'K': return Int<uint8_t>();
      case 'M': return Int<uint16_t>();
      case 0x8a: return Long1(at);
      case 'G': return Real();
      case 'X': return Text<uint32_t>(at);
      case 0x8c: return Text<uint8_t>(at);
      case 0x8d: return Text<uint64_t>(at);
      case '}': Push({.kind = PickleKind::kDict}); return {};
      case ']':
      case ')': Push({.kind = PickleKind::kList}); return {};
      case 0x85: return MakeTuple(1, at);
      case 0x86: return MakeTuple(2, at);
      case 0x87: return MakeTuple(3, at);
      case 't': return TupleToMark(at);
      case 'a': return AddOne(at);
      case 's': return AddPair(at);
      case 'e': return AddMarked(PickleKind::kList, at);
      case 'u': return AddMarked(PickleKind::kDict, at);
      case '0': return PopOne(at);
      default: return MemoStep(opcode, at);
    }
  }

  Status MemoStep(uint8_t opcode, size_t at) {
    switch (opcode) {
      case 0x94: return Memoize(memo_.size(), at);
      case 'q':
      case 'h': {
        TRY_ASSIGN(const auto index, reader_.Number<uint8_t>());
        return opcode == 'q' ? Memoize(index, at) : Recall(index, at);
      }
      case 'r':
      case 'j': {
        TRY_ASSIGN(const auto index, reader_.Number<uint32_t>());
        return opcode == 'r' ? Memoize(index, at) : Recall(index, at);
      }
      default: return Refuse(opcode, at);
    }
  }

  static Status Refuse(uint8_t opcode, size_t at) {
    struct Named {
      uint8_t opcode;
      std::string_view name;
    };
    constexpr Named kCode[] = {{'c', "GLOBAL"},    {0x93, "STACK_GLOBAL"}, {'R', "REDUCE"},
                               {'b', "BUILD"},     {'i', "INST"},          {'o', "OBJ"},
                               {0x81, "NEWOBJ"},   {0x92, "NEWOBJ_EX"},    {'P', "PERSID"},
                               {'Q', "BINPERSID"}, {0x82, "EXT1"},         {0x83, "EXT2"},
                               {0x84, "EXT4"}};
    for (const Named& one : kCode) {
      if (one.opcode == opcode)
        return Denied(fmt::format("opcode {} at offset {} would run code of the file's choice",
                                  one.name, at))
            .WithHint("a memory snapshot needs none; write it as JSON, or look where it is from");
    }
    return Corrupt(fmt::format("opcode {:#04x} at offset {} is not one of plain data", opcode, at));
  }

  Status Skip(uint64_t bytes) {
    TRY_ASSIGN(const std::string_view skipped, reader_.Take(bytes));
    (void)skipped;
    return {};
  }
  Status PopOne(size_t at) {
    if (!stack_.empty() && stack_.back() == kMark) {
      stack_.pop_back();
      return {};
    }
    TRY_ASSIGN(const uint32_t top, Pop(at));
    (void)top;
    return {};
  }
  Status TupleToMark(size_t at) {
    TRY_ASSIGN(std::vector<uint32_t> items, PopToMark(at));
    links_ += items.size();
    Push({.kind = PickleKind::kList, .children = std::move(items)});
    return {};
  }
  Status AddOne(size_t at) {
    TRY_ASSIGN(const uint32_t item, Pop(at));
    return AddAll(PickleKind::kList, {item}, at);
  }
  Status AddPair(size_t at) {
    TRY_ASSIGN(const uint32_t value, Pop(at));
    TRY_ASSIGN(const uint32_t key, Pop(at));
    return AddAll(PickleKind::kDict, {key, value}, at);
  }
  Status AddMarked(PickleKind kind, size_t at) {
    TRY_ASSIGN(const std::vector<uint32_t> items, PopToMark(at));
    return AddAll(kind, items, at);
  }

  BytesInMemory source_;
  ByteReader reader_;
  Pickle pickle_;
  std::vector<uint32_t> stack_;
  std::unordered_map<uint64_t, uint32_t> memo_;
  size_t links_ = 0;
};

Result<Pickle> Pickle::Read(std::string_view bytes, std::string_view name) {
  Result<Pickle> pickle = Unpickler(bytes, name).Run();
  if (pickle.ok()) return pickle;
  return std::move(pickle).error().While(fmt::format("cannot read the pickle `{}`", name));
}

const PickleNode* Pickle::Find(const PickleNode& dict, std::string_view key) const {
  if (dict.kind != PickleKind::kDict) return nullptr;
  const size_t end = std::min(dict.children.size(), 2 * kMostKeys);
  for (size_t i = 0; i + 1 < end; i += 2) {
    const PickleNode& name = nodes_[dict.children[i]];
    if (name.kind == PickleKind::kText && name.text == key) return &nodes_[dict.children[i + 1]];
  }
  return nullptr;
}

}  // namespace curbstop::fit
