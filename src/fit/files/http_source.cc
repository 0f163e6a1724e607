#include "fit/files/http_source.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "fit/gguf_header.h"

namespace curbstop::fit {
namespace {

constexpr uint64_t kFirstWindow = uint64_t{256} << 10;
constexpr uint64_t kLargestWindow = uint64_t{2} << 20;
constexpr uint64_t kWithoutRanges = uint64_t{8} << 20;
constexpr int kMostRedirects = 5;
constexpr Millis kMostWait{20'000};

bool IsRedirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

std::string WithoutQuery(std::string_view url) {
  return std::string(url.substr(0, url.find_first_of("?#")));
}

// "https://host:port"; the whole where there is no path.
std::string_view ServerOf(std::string_view url) {
  const size_t host = url.find("://");
  const size_t path = host == url.npos ? url.npos : url.find_first_of("/?#", host + 3);
  return url.substr(0, path);
}

std::optional<uint64_t> TakeNumber(std::string_view& text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number > (uint64_t{1} << 62)) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return number;
}

bool TakeText(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

// A version's mark: strong tags only, as a weak one says nothing about bytes.
std::string TagOf(const HttpAnswer& answer) {
  const std::string_view tag = answer.Header("etag");
  return tag.starts_with("W/") ? "" : std::string(tag);
}

}  // namespace

std::optional<ByteRange> ParseContentRange(std::string_view text) {
  text = Trim(text);
  if (!TakeText(text, "bytes ")) return std::nullopt;
  const auto first = TakeNumber(text);
  if (!first || !TakeText(text, "-")) return std::nullopt;
  const auto last = TakeNumber(text);
  if (!last || !TakeText(text, "/")) return std::nullopt;
  const auto total = TakeNumber(text);
  if (!total || !text.empty() || *first > *last || *last >= *total) return std::nullopt;
  return ByteRange{*first, *last, *total};
}

Result<std::string> RedirectedUrl(const std::string& from, std::string_view location) {
  std::string to(location);
  if (location.starts_with("//")) {
    to = from.substr(0, from.find("//")) + to;
  } else if (location.starts_with("/")) {
    to = std::string(ServerOf(from)) + to;
  } else if (location.find("://") == location.npos) {
    const std::string path = WithoutQuery(from);
    to = path.substr(0, path.rfind('/') + 1) + to;
  }
  const std::string scheme = Lower(to.substr(0, to.find(':')));
  if (location.empty() || (scheme != "https" && scheme != "http"))
    return InvalidInput(fmt::format("`{}` leads to no web address: `{}`",
                                    Printable(WithoutQuery(from)),
                                    Printable(WithoutQuery(location))));
  if (scheme == "http" && from.starts_with("https://"))
    return InvalidInput(fmt::format("`{}` leads to clear text: `{}`", Printable(WithoutQuery(from)),
                                    Printable(WithoutQuery(to))));
  return to;
}

HttpSource::HttpSource(std::string url, const WebReach& reach)
    : reach_(reach), url_(WithoutQuery(url)), asked_(std::move(url)) {
  name_ = Printable(url_.substr(url_.rfind('/') + 1));
  if (name_.empty()) name_ = Printable(url_);
}

Result<std::unique_ptr<HttpSource>> HttpSource::Open(std::string url, const WebReach& reach) {
  std::unique_ptr<HttpSource> source(new HttpSource(std::move(url), reach));  // its own, private
  TRY(source->Begin());
  return source;
}

Error HttpSource::Wrong(std::string_view why) const {
  return Corrupt(fmt::format("the server of `{}` {}", Printable(url_), why));
}

// A call that breaks at once is tried once more: nothing is changed by asking.
Result<HttpAnswer> HttpSource::AskTwice(const HttpCall& call) {
  const Ticks start = reach_.clock.Boot();
  Result<HttpAnswer> answer = reach_.http.Send(call);
  const bool broke = !answer.ok() && answer.error().kind() == ErrorKind::kUnavailable;
  const bool busy = answer.ok() && answer->status >= 500;
  if ((!broke && !busy) || reach_.clock.Boot() - start > kMostWait / 4) return answer;
  return reach_.http.Send(call);
}

namespace {

// A server that is not reached is something else than a file that is not there.
Error NotReached(const Error& error) {
  return Unavailable(error.message()).WithHint("is this computer online, and the address right?");
}

}  // namespace

// One window, or with a length of 0 the file from its start, over redirects.
Result<HttpAnswer> HttpSource::Ask(uint64_t first, uint64_t length) {
  for (int redirects = 0; redirects <= kMostRedirects; ++redirects) {
    const auto left = std::chrono::duration_cast<Millis>(reach_.until - reach_.clock.Boot());
    if (left <= Millis(0))
      return Unavailable(fmt::format("`{}` took too long", Printable(url_)))
          .WithHint("download the file and name it");
    HttpCall call{.url = asked_,
                  .headers = {{"Accept-Encoding", "identity"}},
                  .timeout = std::min(left, kMostWait),
                  .most_answer = static_cast<int64_t>(length > 0 ? length : kWithoutRanges),
                  .cut = true,
                  .clear_text = true};
    if (length > 0)
      call.headers.emplace_back("Range", fmt::format("bytes={}-{}", first, first + length - 1));
    if (same_server_) call.bearer = reach_.bearer;
    Result<HttpAnswer> asked = AskTwice(call);
    if (!asked.ok() && asked.error().kind() == ErrorKind::kNotFound)
      return NotReached(asked.error());
    TRY_ASSIGN(HttpAnswer answer, std::move(asked));
    fetched_ += answer.body.size();
    if (!IsRedirect(answer.status)) return answer;
    TRY_ASSIGN(const std::string next, RedirectedUrl(asked_, answer.Header("location")));
    same_server_ = same_server_ && ServerOf(next) == ServerOf(asked_);
    asked_ = next;
  }
  return Wrong(fmt::format("redirects more than {} times", kMostRedirects));
}

namespace {

Status CheckStatus(const HttpAnswer& answer, const std::string& url, bool has_key) {
  const std::string shown = Printable(url);
  if (answer.status == 200 || answer.status == 206) return {};
  if (answer.status == 404 || answer.status == 410)
    return NotFound(fmt::format("`{}` is not there (answer {})", shown, answer.status));
  if (answer.status == 401 || answer.status == 403)
    return Denied(fmt::format("`{}` is not for everybody (answer {})", shown, answer.status))
        .WithHint(has_key ? "does the account behind HF_TOKEN have access to it?"
                          : "for a gated model of Hugging Face: `curbstop secret set HF_TOKEN`");
  if (answer.status == 416) return Corrupt(fmt::format("`{}` is empty", shown));
  return Unavailable(fmt::format("`{}` gives answer {}", shown, answer.status));
}

}  // namespace

Status HttpSource::Begin() {
  TRY_ASSIGN(HttpAnswer answer, Ask(0, kFirstWindow));
  TRY(CheckStatus(answer, url_, !reach_.bearer.empty()));
  if (answer.status == 200) return BeginWithoutRanges(answer);
  const auto range = ParseContentRange(answer.Header("content-range"));
  if (!range)
    return Wrong(fmt::format("names no range: `{}`", Printable(answer.Header("content-range"))));
  size_ = range->total;
  tag_ = TagOf(answer);
  TRY_ASSIGN(window_, Part(std::move(answer), 0, kFirstWindow));
  next_window_ = 2 * kFirstWindow;
  return {};
}

// The whole file came, or its beginning.
Status HttpSource::BeginWithoutRanges(const HttpAnswer& first) {
  ranges_ = false;
  window_ = first.body;
  if (first.was_cut) {
    TRY_ASSIGN(HttpAnswer answer, Ask(0, 0));
    TRY(CheckStatus(answer, url_, !reach_.bearer.empty()));
    window_ = std::move(answer.body);
  }
  std::string_view length = first.Header("content-length");
  const auto claimed = TakeNumber(length);
  const bool is_whole = !first.was_cut;
  if (is_whole && claimed && *claimed != window_.size())
    return Wrong(fmt::format("claims {} bytes and gives {}", *claimed, window_.size()));
  size_ = claimed ? *claimed : window_.size();
  if (size_ < window_.size()) return Wrong(fmt::format("claims {} bytes and gives more", size_));
  return {};
}

// The body of an answer that must be this part of the file.
Result<std::string> HttpSource::Part(HttpAnswer answer, uint64_t first, uint64_t length) {
  const auto range = ParseContentRange(answer.Header("content-range"));
  const uint64_t last = std::min(first + length, size_) - 1;
  if (!range || range->first != first || range->last != last || range->total != size_)
    return Wrong(fmt::format("gives `{}` where bytes {} to {} of {} are asked for",
                             Printable(answer.Header("content-range")), first, last, size_));
  if (TagOf(answer) != tag_) return Wrong("has another version of it than a moment ago");
  const std::string_view encoding = answer.Header("content-encoding");
  if (!encoding.empty() && Lower(encoding) != "identity")
    return Wrong(fmt::format("packs it (`{}`) though that was not asked for", Printable(encoding)));
  if (answer.was_cut || answer.body.size() != last - first + 1)
    return Wrong(fmt::format("gives {} bytes{} of {} that are asked for", answer.body.size(),
                             answer.was_cut ? " and more" : "", last - first + 1));
  return std::move(answer.body);
}

Result<std::string_view> HttpSource::Read(uint64_t offset, uint64_t least) {
  least = std::min({least, kMostAtOnce, size_ - std::min(offset, size_)});
  const bool is_here = offset >= window_at_ && offset + least <= window_at_ + window_.size();
  if (!is_here && !ranges_)
    return Unavailable(
               fmt::format("the server of `{}` gives no ranges, and the header does not end "
                           "within its first {} MiB",
                           Printable(url_), kWithoutRanges >> 20))
        .WithHint("download the file and name it");
  if (!is_here) {
    if (fetched_ > static_cast<uint64_t>(kMostHeaderBytes) + kMostAtOnce)
      return Wrong(fmt::format("holds a header above {} MiB", kMostHeaderBytes >> 20));
    const uint64_t length = std::max(least, next_window_);
    TRY_ASSIGN(HttpAnswer answer, Ask(offset, length));
    TRY(CheckStatus(answer, url_, !reach_.bearer.empty()));
    if (answer.status != 206) return Wrong("gave a range before and now gives all");
    window_.clear();
    TRY_ASSIGN(window_, Part(std::move(answer), offset, length));
    window_at_ = offset;
    next_window_ = std::min(2 * next_window_, kLargestWindow);
  }
  return std::string_view(window_).substr(static_cast<size_t>(offset - window_at_));
}

}  // namespace curbstop::fit
