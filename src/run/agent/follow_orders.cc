#include "run/agent/follow_orders.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "run/agent/spool.h"
#include "sys/failpoint.h"
#include "sys/file_lock.h"
#include "sys/files.h"

namespace curbstop {
namespace {

Json ErrorLine(std::string_view text) {
  return Json::MakeObject({{"from", "error"}, {"text", text}});
}

Result<bool> HasCommand(const std::filesystem::path& file, const std::string& id) {
  if (id.empty()) return false;
  TRY_ASSIGN(const std::vector<SpoolLine> lines, ReadSpool(file, 0));
  return std::any_of(lines.begin(), lines.end(),
                     [&](const SpoolLine& line) { return line.body.StringOr("id", "") == id; });
}

}  // namespace

int64_t ReadAnswered(const std::filesystem::path& run_folder) {
  const Result<std::string> text = ReadFile(run_folder / "record.answered", 64);
  int64_t seq = 0;
  if (text.ok()) std::from_chars(text->data(), text->data() + text->size(), seq);
  return seq;
}

Result<std::string> FollowOrders::Hear(std::string_view bytes) {
  partial_ += bytes;
  std::string answers;
  for (size_t newline; (newline = partial_.find('\n')) != partial_.npos;) {
    TRY_ASSIGN(const Json answer, Obey(std::string_view(partial_).substr(0, newline)));
    if (!answer.IsNull()) answers += WriteJson(answer) + "\n";
    partial_.erase(0, newline + 1);
  }
  if (partial_.size() > kLongestLine) {
    return InvalidInput(fmt::format("an order has more than {} bytes", kLongestLine));
  }
  return answers;
}

Result<Json> FollowOrders::Obey(std::string_view line) {
  const Result<Json> order = ParseJson(line);
  if (!order.ok()) return ErrorLine(order.error().message());
  const std::string to = order->StringOr("to", "");
  const Json* body = order->Find("body");
  if (to == "commands" && body != nullptr && body->IsObject()) return Command(*body);
  if (to == "calls") return Answered(*order);
  if (to == "life") return Json();
  return ErrorLine(fmt::format("`{}` takes no such order", Printable(to)));
}

// Two followers may be alive at once, for as long as the end of a dead link is not seen.
Result<Json> FollowOrders::Command(const Json& body) {
  const std::filesystem::path file = folder_ / "agent.commands";
  TRY_ASSIGN(const FileLock lock,
             FileLock::Take(folder_ / "agent.commands.lock", std::chrono::seconds(10)));
  const std::string id = body.StringOr("id", "");
  TRY_ASSIGN(const bool is_known, HasCommand(file, id));
  FAILPOINT("follow.before_command");
  if (!is_known) {
    TRY_ASSIGN(SpoolWriter writer, SpoolWriter::Open(file, files_));
    TRY(writer.Append(body));
  }
  FAILPOINT("follow.after_command");
  return Json::MakeObject({{"from", "commands"}, {"id", id}});
}

Result<Json> FollowOrders::Answered(const Json& order) {
  const int64_t seq = order.IntOr("answered", 0);
  if (seq > ReadAnswered(folder_)) {
    TRY(files_.Write(folder_ / "record.answered", std::to_string(seq) + "\n", 0600));
  }
  return Json();
}

}  // namespace curbstop
