#include "project/internal/need_codecs.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop {
namespace {

constexpr int64_t kMostGpus = 1024;
constexpr int64_t kMostCpus = 100'000;

bool HasSizeUnit(std::string_view text) { return Lower(text).ends_with('b'); }

Error Unfit(const Node& node, const NodeSource& source, std::string_view form) {
  return source.At(node, fmt::format("found {}, expected {}", Describe(node), form));
}

// Who writes `memory: 64` does not mean 64 bytes.
Error WithoutUnit(std::string_view size, const Node& node, const NodeSource& source) {
  return source.At(node, fmt::format("`{}` has no unit, expected a size", size))
      .WithHint(
          fmt::format("write it as `{0}GB` (powers of 1000) or `{0}GiB` (powers of 1024)", size));
}

// `text` without a final `..`. Errors: a range with an upper end.
Result<std::string_view> LowerEnd(std::string_view text, const Node& node,
                                  const NodeSource& source) {
  const size_t dots = text.find("..");
  if (dots == text.npos) return Trim(text);
  if (!Trim(text.substr(dots + 2)).empty()) {
    return source
        .At(node,
            fmt::format("{} has an upper end, only a lower one is understood", Describe(node)))
        .WithHint(fmt::format("write `{}..`", Trim(text.substr(0, dots))));
  }
  return Trim(text.substr(0, dots));
}

Result<Bytes> ReadSize(std::string_view text, const Node& node, const NodeSource& source,
                       std::string_view form) {
  TRY_ASSIGN(const std::string_view lower, LowerEnd(text, node, source));
  if (lower.starts_with('-')) {
    return source.At(node, fmt::format("{} is negative, expected {}", Describe(node), form));
  }
  const Result<Bytes> size = ParseBytes(lower);
  if (!size.ok()) return source.Put(node, size.error());
  if (!HasSizeUnit(lower)) return WithoutUnit(lower, node, source);
  if (size->value == 0) return Unfit(node, source, form);
  return *size;
}

// Takes `2 x`, or a number that stands alone, off the front of `text`; 1 where there is none.
Result<int64_t> TakeCount(std::string_view& text, const Node& node, const NodeSource& source) {
  size_t digits = 0;
  while (digits < text.size() && IsDigit(text[digits])) ++digits;
  const std::string_view rest = Trim(text.substr(digits));
  if (digits == 0 || !(rest.empty() || rest[0] == 'x')) return 1;
  Node count = node;
  count.text = text.substr(0, digits);
  TRY_ASSIGN(const int64_t value, ReadInteger(count, source, 1, kMostGpus));
  text = rest.empty() ? rest : Trim(rest.substr(1));
  return value;
}

// Where `24GB` or `24 GB` starts at the end of `text`; npos where it ends in no size.
size_t SizeStart(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const bool word = IsDigit(text[i]) && (i == 0 || text[i - 1] == ' ');
    if (word && HasSizeUnit(text) && ParseBytes(text.substr(i)).ok()) return i;
  }
  return text.npos;
}

bool IsGpuName(std::string_view text) {
  return !text.empty() && IsLetter(text[0]) && std::all_of(text.begin(), text.end(), [](char c) {
    return IsLetter(c) || IsDigit(c) || c == '-' || c == '_' || c == '.' || c == ' ';
  });
}

}  // namespace

Result<Bytes> AtLeastCodec::Read(const Node& node, const NodeSource& source) {
  TRY_ASSIGN(const std::string text, ReadScalar(node, source, Form()));
  return ReadSize(text, node, source, Form());
}

Result<int64_t> CpuCountCodec::Read(const Node& node, const NodeSource& source) {
  TRY_ASSIGN(const std::string text, ReadScalar(node, source, Form()));
  TRY_ASSIGN(const std::string_view lower, LowerEnd(text, node, source));
  Node number = node;
  number.text = lower;
  return ReadInteger(number, source, 1, kMostCpus);
}

Result<GpuNeed> GpuCodec::Read(const Node& node, const NodeSource& source) {
  TRY_ASSIGN(const std::string text, ReadScalar(node, source, Form()));
  TRY_ASSIGN(std::string_view rest, LowerEnd(text, node, source));
  GpuNeed need;
  TRY_ASSIGN(need.count, TakeCount(rest, node, source));
  const size_t size = SizeStart(rest);
  if (size != rest.npos) {
    TRY_ASSIGN(need.memory, ReadSize(rest.substr(size), node, source, Form()));
    rest = Trim(rest.substr(0, size));
  }
  const bool says_something = need.memory.has_value() || (!text.empty() && IsDigit(text[0]));
  if (rest.empty() && says_something) return need;
  if (!IsGpuName(rest)) return Unfit(node, source, Form());
  need.name = rest;
  return need;
}

Json GpuCodec::Write(const GpuNeed& value) {
  std::string text = value.count == 1 ? "" : fmt::format("{} x ", value.count);
  text += value.name;
  if (value.memory) {
    text += fmt::format("{}{}B..", value.name.empty() ? "" : " ", value.memory->value);
  }
  if (text.empty()) text = "1";
  return text.ends_with(" x ") ? text.substr(0, text.size() - 3) : text;
}

Result<std::string> ArchCodec::Read(const Node& node, const NodeSource& source) {
  TRY_ASSIGN(const std::string text, ReadScalar(node, source, Form()));
  if (text == "x86_64" || text == "amd64") return std::string("x86_64");
  if (text == "arm64" || text == "aarch64") return std::string("arm64");
  return Unfit(node, source, Form());
}

Json ArchCodec::Schema() {
  const std::vector<std::string> names{"x86_64", "amd64", "arm64", "aarch64"};
  return NamesSchema(names);
}

}  // namespace curbstop
