#include "run/agent/upload.h"

#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "sys/redactor.h"

namespace curbstop {
namespace {

constexpr const char* kPython = R"py(import os,sys,urllib.request as r
u=sys.stdin.read().strip();f=open(sys.argv[1],"rb")
q=r.Request(u,data=f,method="PUT",headers={"Content-Length":str(os.fstat(f.fileno()).st_size),"Content-Type":"application/octet-stream"})
r.urlopen(q,timeout=60).read())py";

// Between double quotes of curl's configuration.
std::string QuoteForCurl(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

ProcessRequest Request(const std::string& tool, const std::string& file, const std::string& url) {
  ProcessRequest request;
  if (tool == "curl") {
    request.argv = {"curl", "-q", "-fsS", "-o", "/dev/null", "-T", file, "-K", "-"};
    request.input = fmt::format("url = {}\nheader = \"Content-Type: application/octet-stream\"\n",
                                QuoteForCurl(url));
  } else if (tool == "wget") {
    request.argv = {"wget",
                    "-nv",
                    "-t",
                    "1",
                    "-T",
                    "60",
                    "-O",
                    "/dev/null",
                    "--method=PUT",
                    "--body-file=" + file,
                    "--header=Content-Type: application/octet-stream",
                    "-i",
                    "-"};
    request.input = url + "\n";
  } else {
    request.argv = {"python3", "-c", kPython, file};
    request.input = url;
  }
  return request;
}

std::string FirstTool() {
  for (const char* tool : {"curl", "wget", "python3"}) {
    if (!FindProgram(tool).empty()) return tool;
  }
  return "";
}

}  // namespace

Status UploadByTool::Put(const std::filesystem::path& file, const std::string& url,
                         std::chrono::milliseconds limit) {
  if (tool_.empty()) tool_ = FirstTool();
  if (tool_.empty()) return NotFound("this image has none of curl, wget and python3");
  if (url.find_first_of("\r\n") != url.npos) return InvalidInput("an address is one line");
  ProcessRequest request = Request(tool_, file.string(), url);
  request.timeout = limit;
  request.most_output = 65536;
  TRY_ASSIGN(const ProcessOutcome outcome, processes_.Run(request));
  if (outcome.exit_code == 0 && !outcome.timed_out) return {};
  const std::array<Secret, 1> secrets = {Secret(url)};
  return Unavailable(fmt::format("`{}` {}: {}", tool_,
                                 outcome.timed_out ? "took too long" : "could not put the file",
                                 Printable(Trim(Redact(outcome.err, secrets)))));
}

}  // namespace curbstop
