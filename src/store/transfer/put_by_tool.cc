#include "store/transfer/put_by_tool.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop {
namespace {

// Reads the address from stdin; streams the file; prints the status.
constexpr char kPython[] = R"(
import http.client, os, sys, urllib.parse
url = urllib.parse.urlsplit(sys.stdin.readline().strip())
kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
try:
    link = kind(url.netloc, timeout=60)
    with open(sys.argv[1], "rb") as file:
        size = os.fstat(file.fileno()).st_size
        link.request("PUT", url.path + "?" + url.query, file, {"Content-Length": str(size),
                     "Content-Type": "application/octet-stream"})
    print(link.getresponse().status)
except OSError as error:
    print(type(error).__name__, file=sys.stderr)
    sys.exit(1)
)";

// Only what cannot end a quoted word of curl's configuration, or a line.
bool IsAddress(std::string_view address) {
  return (address.starts_with("https://") || address.starts_with("http://")) &&
         std::all_of(address.begin(), address.end(),
                     [](char c) { return c > ' ' && c < '\x7f' && c != '"' && c != '\\'; });
}

ProcessRequest RequestOf(PutTool tool, const std::string& file, const Secret& address,
                         Millis limit) {
  ProcessRequest request;
  request.timeout = limit;
  request.most_output = 64 << 10;
  request.input = address.Reveal() + "\n";
  switch (tool) {
    case PutTool::kCurl:
      request.argv = {"curl",
                      "-q",
                      "--silent",
                      "--output",
                      "/dev/null",
                      "--write-out",
                      "%{http_code}",
                      "--connect-timeout",
                      "20",
                      "--speed-limit",
                      "1",
                      "--speed-time",
                      "60",
                      "--header",
                      "Content-Type: application/octet-stream",
                      "--upload-file",
                      file,
                      "--config",
                      "-"};
      request.input = fmt::format("url = \"{}\"\n", address.Reveal());
      break;
    case PutTool::kWget:
      // Once: what is tried again is the caller's decision.
      request.argv = {"wget",
                      "--quiet",
                      "--server-response",
                      "--tries=1",
                      "--timeout=60",
                      "--max-redirect=0",
                      "--output-document=/dev/null",
                      "--method=PUT",
                      "--header=Content-Type: application/octet-stream",  // else a form's
                      "--body-file=" + file,
                      "--input-file=-"};
      break;
    case PutTool::kPython: request.argv = {"python3", "-c", kPython, file}; break;
  }
  return request;
}

bool IsStatus(std::string_view word) { return word.size() == 3 && IsDigits(word); }

// The last status in what a tool said; 0: none. wget tells it on stderr, as "  HTTP/1.1 200 OK".
int StatusIn(PutTool tool, const ProcessOutcome& outcome) {
  int status = 0;
  if (tool != PutTool::kWget) {
    const std::string_view word = Trim(outcome.out);
    return IsStatus(word) ? std::stoi(std::string(word)) : 0;
  }
  for (const std::string_view line : Lines(outcome.err)) {
    const std::vector<std::string> words = Split(Trim(line), ' ');
    if (words.size() >= 2 && words[0].starts_with("HTTP/") && IsStatus(words[1])) {
      status = std::stoi(words[1]);
    }
  }
  return status;
}

Status Judge(PutTool tool, int status) {
  if (status / 100 == 2) return {};
  const std::string what = fmt::format("the place answers {} (asked by {})", status, NameOf(tool));
  if (status == 401 || status == 403) return Denied(what);
  if (status == 404) return NotFound(what);
  if (status == 0) return Unavailable(fmt::format("{} got no answer", NameOf(tool)));
  return status >= 500 || status == 429 ? Unavailable(what) : InvalidInput(what);
}

}  // namespace

std::string_view NameOf(PutTool tool) {
  constexpr std::string_view kNames[] = {"curl", "wget", "python3"};
  return kNames[static_cast<int>(tool)];
}

std::vector<PutTool> FindPutTools() {
  std::vector<PutTool> found;
  for (const PutTool tool : {PutTool::kCurl, PutTool::kWget, PutTool::kPython}) {
    if (!FindProgram(std::string(NameOf(tool))).empty()) found.push_back(tool);
  }
  return found;
}

Status PutBy(PutTool tool, const std::filesystem::path& file, const Secret& address, Millis limit,
             ProcessRunner& processes) {
  if (!IsAddress(address.Reveal())) return InvalidInput("the address to put to is none");
  TRY_ASSIGN(const ProcessOutcome outcome,
             processes.Run(RequestOf(tool, file.string(), address, limit)));
  if (outcome.timed_out) return Unavailable(fmt::format("{} took too long", NameOf(tool)));
  return Judge(tool, StatusIn(tool, outcome));
}

Status PutByTool(const std::filesystem::path& file, const Secret& address, Millis limit,
                 ProcessRunner& processes) {
  Status last = NotFound("there is no curl, wget or python3 here");
  for (const PutTool tool : FindPutTools()) {
    last = PutBy(tool, file, address, limit, processes);
    // A tool without a feature (busybox's wget) is passed over; an answer of the place is final.
    if (last.ok() || last.error().kind() == ErrorKind::kDenied ||
        last.error().kind() == ErrorKind::kNotFound) {
      return last;
    }
  }
  return last;
}

}  // namespace curbstop
