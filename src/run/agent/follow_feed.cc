#include "run/agent/follow_feed.h"

#include "base/base64.h"
#include "base/text.h"

namespace curbstop {
namespace {

// Whole characters where it is text; what the end cuts comes with the next piece. A character that
// is cut for good (the step ended in the middle of it) goes as bytes.
Json LogPiece(std::string_view bytes, int64_t at, size_t& used) {
  const size_t whole = Utf8Prefix(bytes);
  const bool is_text = whole > 0 && bytes.size() - whole < 4;
  used = is_text ? whole : bytes.size();
  Json piece = Json::MakeObject({{"from", "log"}, {"at", at}});
  const std::string_view sent = bytes.substr(0, used);
  return is_text ? piece.Set("text", sent) : piece.Set("base64", ToBase64(sent));
}

}  // namespace

FollowFeed::FollowFeed(const std::filesystem::path& folder, const FollowFrom& from)
    : log_(folder / "step.log"),
      events_(folder / "agent.events", from.events),
      calls_(folder / "record.calls", from.calls),
      sent_(from) {}

Result<std::string> FollowFeed::Next() {
  std::string out;
  TRY(AddSpool(events_, "events", sent_.events, out));
  TRY(AddSpool(calls_, "calls", sent_.calls, out));
  TRY(AddLog(out));
  return out;
}

Status FollowFeed::AddSpool(SpoolTail& tail, const char* from, int64_t& last, std::string& out) {
  TRY_ASSIGN(const std::vector<SpoolLine> lines, tail.Read());
  for (const SpoolLine& line : lines) {
    out += WriteJson(Json::MakeObject({{"from", from}, {"seq", line.seq}, {"body", line.body}}));
    out += '\n';
    last = line.seq;
  }
  return {};
}

Status FollowFeed::AddLog(std::string& out) {
  TRY_ASSIGN(const std::string bytes, ReadFrom(log_, sent_.log, kLogPiece));
  if (bytes.empty()) return {};
  size_t used = 0;
  out += WriteJson(LogPiece(bytes, sent_.log, used)) + "\n";
  sent_.log += static_cast<int64_t>(used);
  return {};
}

}  // namespace curbstop
