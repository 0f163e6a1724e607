// A file on a web server, read by ranges: a header of a model of 40 GB costs its own few megabytes.
//
// Asked for are windows of 256 KiB that double up to 2 MiB; one is held at a time. A server that
// knows no ranges is asked once more for the file's first 8 MiB, and the connection is cut there.
// Redirects are followed, never from https to clear text; a key goes to the first server only. A
// file that changes while it is read is an error.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "fit/byte_source.h"
#include "sys/clock.h"
#include "sys/http/http_client.h"

namespace curbstop::fit {

// What is asked for, by whom, until when.
struct WebReach {
  HttpClient& http;
  const Clock& clock;
  Ticks until;    // on clock.Boot(): the last answer of all files must be there
  Secret bearer;  // empty: none
};

struct ByteRange {
  uint64_t first = 0;
  uint64_t last = 0;  // included
  uint64_t total = 0;
};
// "bytes 0-1023/4096"; nothing for all else, a total of `*` too.
std::optional<ByteRange> ParseContentRange(std::string_view text);

// Where a redirect leads. Errors: kInvalidInput: to no web address, or from https to clear text.
Result<std::string> RedirectedUrl(const std::string& from, std::string_view location);

class HttpSource final : public ByteSource {
 public:
  // Fetches the first window. Errors: kNotFound (404), kDenied (401, 403), kUnavailable
  // (also: not reached), kCorrupt (answers that contradict themselves), kInvalidInput (no address).
  static Result<std::unique_ptr<HttpSource>> Open(std::string url, const WebReach& reach);

  const std::string& name() const override { return name_; }
  uint64_t size() const override { return size_; }
  Result<std::string_view> Read(uint64_t offset, uint64_t least) override;

  uint64_t fetched() const { return fetched_; }  // bytes of bodies so far

 private:
  HttpSource(std::string url, const WebReach& reach);
  Result<HttpAnswer> Ask(uint64_t first, uint64_t length);
  Result<HttpAnswer> AskTwice(const HttpCall& call);
  Status Begin();
  Status BeginWithoutRanges(const HttpAnswer& first);
  Result<std::string> Part(HttpAnswer answer, uint64_t first, uint64_t length);
  Error Wrong(std::string_view why) const;

  const WebReach& reach_;
  std::string url_;    // as given, without what follows `?`: for errors
  std::string asked_;  // after redirects
  bool same_server_ = true;
  std::string name_;
  uint64_t size_ = 0;
  std::string tag_;  // of the file's version, as the server gives it
  bool ranges_ = true;
  std::string window_;
  uint64_t window_at_ = 0;
  uint64_t next_window_ = 0;
  uint64_t fetched_ = 0;
};

}  // namespace curbstop::fit
