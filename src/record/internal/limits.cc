#include "record/internal/limits.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "record/internal/message.h"

namespace curbstop {
namespace {

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::string FirstCodePoints(const std::string& text, size_t count) {
  size_t end = 0;
  for (; end < text.size(); ++end) {
    if (!IsContinuation(text[end]) && count-- == 0) break;
  }
  return text.substr(0, end);
}

bool IsNameByte(char c) {
  const bool is_beyond_ascii = static_cast<unsigned char>(c) >= 0x80;  // letters of other scripts
  return IsLetter(c) || IsDigit(c) || is_beyond_ascii ||
         std::string_view("/_.- :").find(c) != std::string_view::npos;
}

// The name as a normalised path, by the rules of POSIX paths.
std::string Normalised(const std::string& name) {
  std::string path = std::filesystem::path(name).lexically_normal().string();
  if (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path.empty() ? "." : path;
}

std::string In(std::string_view path, std::string_view member) {
  return path.empty() ? std::string(member) : fmt::format("{}.{}", path, member);
}

Error TooLong(std::string_view what, size_t most) {
  return InvalidInput(fmt::format("'{}' exceeds the maximum length of {} characters", what, most));
}

Status CheckCount(std::string_view what, size_t most, size_t count) {
  if (count <= most) return {};
  return InvalidInput(fmt::format(
      "A batch logging request can contain at most {} {}. Got {} {}. Please split up {} across "
      "multiple requests and try again.",
      most, what, count, what, what));
}

}  // namespace

Status CheckName(std::string_view path, const std::string& name) {
  if (!std::all_of(name.begin(), name.end(), IsNameByte)) {
    return InvalidValue(
        path, name,
        "Names may only contain alphanumerics, underscores (_), dashes (-), periods "
        "(.), spaces ( ), colon(:) and slashes (/).");
  }
  const std::string normal = Normalised(name);
  if (normal == name && normal != "." && !normal.starts_with("..") && !normal.starts_with('/')) {
    return {};
  }
  return InvalidValue(path, name,
                      fmt::format("Names may be treated as files in certain cases, and must not "
                                  "resolve to other names when treated as such. This name would "
                                  "resolve to '{}'",
                                  normal));
}

Status CheckLength(std::string_view what, size_t most, std::string_view value) {
  if (value.size() <= most || CodePoints(value) <= most) return {};
  return TooLong(what, most);
}

Status CheckMetric(std::string_view path, const RecordMetric& metric) {
  TRY(CheckName(In(path, "name"), metric.key));
  TRY(CheckLength(In(path, "name"), kMostKeyLength, metric.key));
  if (metric.at_ms >= 0) return {};
  return InvalidValue(In(path, "timestamp"), metric.at_ms,
                      fmt::format("metric '{}' (value={}). Timestamp must be a nonnegative long "
                                  "(64-bit integer) ",
                                  metric.key, metric.value));
}

Status CheckParam(std::string_view path, KeyValue& param) {
  TRY(CheckName(In(path, "key"), param.key));
  TRY(CheckLength("Param key", kMostKeyLength, param.key));
  param.value = FirstCodePoints(param.value, kMostParamValue);
  return {};
}

Status CheckTag(std::string_view path, KeyValue& tag) {
  TRY(CheckName(In(path, "key"), tag.key));
  TRY(CheckLength(In(path, "key"), kMostKeyLength, tag.key));
  tag.value = FirstCodePoints(tag.value, kMostTagValue);
  return {};
}

Status CheckExperimentTag(const KeyValue& tag) {
  TRY(CheckName("key", tag.key));
  TRY(CheckLength("key", kMostKeyLength, tag.key));
  return CheckLength("value", kMostExperimentTagValue, tag.value);
}

Status CheckExperimentName(const std::string& name) {
  return CheckLength("name", kMostExperimentName, name);
}

Status CheckBatch(size_t metrics, size_t params, size_t tags) {
  TRY(CheckCount("metrics", 1000, metrics));
  TRY(CheckCount("params", 100, params));
  TRY(CheckCount("tags", 100, tags));
  return CheckCount("metrics, params, and tags", 1000, metrics + params + tags);
}

Status CheckKeysUnique(std::span<const KeyValue> params) {
  std::set<std::string_view> seen;
  std::vector<std::string> twice;
  for (const KeyValue& param : params) {
    if (!seen.insert(param.key).second) twice.push_back("'" + param.key + "'");
  }
  if (twice.empty()) return {};
  return InvalidInput(
      fmt::format("Duplicate parameter keys have been submitted: [{}]. Please ensure the request "
                  "contains only one param value per param key.",
                  Join(twice, ", ")));
}

Status CheckPageSize(int64_t size) {
  if (size > 0 && size <= kMostPerPage) return {};
  return InvalidInput(fmt::format(
      "Invalid value for request parameter max_results. It must be at most {}, but got value {}",
      kMostPerPage, size));
}

}  // namespace curbstop
