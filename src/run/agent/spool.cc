#include "run/agent/spool.h"

#include <fmt/format.h>

#include "base/text.h"
#include "base/units.h"
#include "sys/files.h"

namespace curbstop {
namespace {

// The part of the file that ends in a newline.
Result<std::string> ReadWholeLines(const std::filesystem::path& file) {
  if (!Exists(file)) return std::string();
  TRY_ASSIGN(std::string text, ReadFile(file));
  const size_t newline = text.rfind('\n');
  text.erase(newline == text.npos ? 0 : newline + 1);
  return text;
}

Result<SpoolLine> ParseLine(std::string_view line) {
  TRY_ASSIGN(Json body, ParseJson(line));
  TRY_ASSIGN(const int64_t seq, body.GetInt("seq"));
  return SpoolLine{seq, std::move(body)};
}

}  // namespace

Result<SpoolLine> ParseSpoolLine(std::string_view line, const std::filesystem::path& file) {
  Result<SpoolLine> parsed = ParseLine(line);
  if (parsed.ok()) return parsed;
  return Corrupt(parsed.error().message()).While(fmt::format("cannot read `{}`", file.string()));
}

Result<std::vector<SpoolLine>> ReadSpool(const std::filesystem::path& file, int64_t after) {
  TRY_ASSIGN(const std::string text, ReadWholeLines(file));
  std::vector<SpoolLine> lines;
  for (const std::string_view line : Lines(text)) {
    TRY_ASSIGN(SpoolLine parsed, ParseSpoolLine(line, file));
    if (parsed.seq > after) lines.push_back(std::move(parsed));
  }
  return lines;
}

Result<SpoolWriter> SpoolWriter::Open(const std::filesystem::path& file, FileStore& files) {
  TRY_ASSIGN(const std::string whole, ReadWholeLines(file));
  TRY_ASSIGN(const std::vector<SpoolLine> lines, ReadSpool(file, 0));
  std::error_code none;
  if (Exists(file) && std::filesystem::file_size(file, none) != whole.size()) {
    TRY(files.Write(file, whole, 0600));
  }
  return SpoolWriter(file, files, lines.empty() ? 0 : lines.back().seq);
}

Status SpoolWriter::Append(const Json& body) {
  Json line = Json::MakeObject({{"seq", last_seq_ + 1}});
  for (const auto& [key, value] : body.members()) line.Set(key, value);
  const std::string text = WriteJson(line) + "\n";
  if (text.size() > kLongestSpoolLine) {
    return InvalidInput(fmt::format("a message of {} is too large: at most {} fit a line of `{}`",
                                    BytesText({static_cast<int64_t>(text.size())}),
                                    BytesText({static_cast<int64_t>(kLongestSpoolLine)}),
                                    file_.filename().string()));
  }
  TRY(files_->Append(file_, text, 0600));
  ++last_seq_;
  return {};
}

}  // namespace curbstop
