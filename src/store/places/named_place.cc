#include "store/places/named_place.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "sys/files.h"

namespace curbstop {
namespace {

constexpr std::chrono::seconds kTestExpires{300};

// Source: "Bucket naming rules" of the S3 User Guide.
bool IsBucket(std::string_view name) {
  const auto plain = [](char c) { return IsDigit(c) || (c >= 'a' && c <= 'z'); };
  return name.size() >= 3 && name.size() <= 63 && plain(name.front()) && plain(name.back()) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return plain(c) || c == '-' || c == '.'; });
}

bool IsHost(std::string_view host) {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return IsDigit(c) || IsLetter(c) || c == '.' || c == '-' || c == ':' || c == '[' || c == ']';
  });
}

std::string FirstOf(const std::function<std::string(std::string_view)>& find,
                    std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (std::string value = find(name); !value.empty()) return value;
  }
  return {};
}

bool IsRegion(std::string_view region) {
  return !region.empty() && std::all_of(region.begin(), region.end(), [](char c) {
    return IsDigit(c) || IsLetter(c) || c == '-';
  });
}

}  // namespace

Status NamedPlace::ReadPlace(std::string_view place) {
  constexpr std::string_view kScheme = "s3://";
  const auto bad = [&](std::string_view why) {
    return InvalidInput(
        fmt::format("`{}` is no place like `s3://bucket/prefix`: {}", Printable(place), why));
  };
  if (!place.starts_with(kScheme)) return bad("it does not start with `s3://`");
  const std::string_view rest = place.substr(kScheme.size());
  bucket_ = rest.substr(0, rest.find('/'));
  if (!IsBucket(bucket_)) return bad("a bucket has 3 to 63 of a-z, 0-9, `-` and `.`");
  prefix_ = rest.substr(std::min(rest.size(), bucket_.size() + 1));
  if (prefix_.ends_with('/')) prefix_.pop_back();
  if (prefix_.empty()) return {};
  if (!CheckInside(prefix_).ok() || !IsUtf8(prefix_)) return bad("its prefix is no relative path");
  return {};
}

Status NamedPlace::ReadEndpoint(std::string endpoint) {
  if (endpoint.empty()) {
    // A bucket with dots is not covered by the certificate of its own host name.
    bucket_in_path_ = bucket_.find('.') != bucket_.npos;
    host_ = bucket_in_path_ ? fmt::format("s3.{}.amazonaws.com", region_)
                            : fmt::format("{}.s3.{}.amazonaws.com", bucket_, region_);
    return {};
  }
  while (endpoint.ends_with('/')) endpoint.pop_back();
  const size_t at = endpoint.find("://");
  scheme_ = at == endpoint.npos ? "" : endpoint.substr(0, at);
  host_ = at == endpoint.npos ? "" : endpoint.substr(at + 3);
  bucket_in_path_ = true;
  if ((scheme_ == "https" || scheme_ == "http") && IsHost(host_)) return {};
  return InvalidInput(fmt::format("`{}` is no endpoint like `https://host:port`",
                                  Printable(Split(endpoint, '@').back())));
}

Result<NamedPlace> NamedPlace::Open(std::string_view place,
                                    const std::function<std::string(std::string_view)>& find,
                                    Clock& clock) {
  NamedPlace opened(clock);
  TRY(opened.ReadPlace(place));
  opened.region_ = FirstOf(find, {"AWS_REGION", "AWS_DEFAULT_REGION"});
  if (opened.region_.empty()) opened.region_ = "us-east-1";
  if (!IsRegion(opened.region_)) {
    return InvalidInput(fmt::format("`{}` is no region", Printable(opened.region_)));
  }
  TRY(opened.ReadEndpoint(FirstOf(find, {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"})));
  opened.keys_.id = find("AWS_ACCESS_KEY_ID");
  opened.keys_.secret = Secret(find("AWS_SECRET_ACCESS_KEY"));
  opened.keys_.session_token = Secret(find("AWS_SESSION_TOKEN"));
  if (opened.keys_.id.empty() || opened.keys_.secret.empty()) {
    return Denied(fmt::format("there are no keys for `{}`", opened.Text()))
        .WithHint("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment");
  }
  return opened;
}

std::string NamedPlace::Text() const {
  return Printable(prefix_.empty() ? "s3://" + bucket_
                                   : fmt::format("s3://{}/{}", bucket_, prefix_));
}

Result<Secret> NamedPlace::Presign(std::string_view method, const std::string& name,
                                   std::chrono::seconds expires) const {
  TRY(CheckInside(name));
  if (expires.count() < 1 || expires > kMostPresigned) {
    return InvalidInput(
        fmt::format("an address can be given for 1 s to 7 days, not {} s", expires.count()));
  }
  std::string path = "/";
  if (bucket_in_path_) path += bucket_ + "/";
  if (!prefix_.empty()) path += prefix_ + "/";
  path += name;
  S3Request request;
  request.method = method, request.scheme = scheme_, request.host = host_, request.path = path;
  request.region = region_, request.now_ms = clock_->WallMs(), request.expires = expires;
  return PresignS3(request, keys_);
}

Result<Secret> NamedPlace::PresignPut(const std::string& name, std::chrono::seconds expires) const {
  return Presign("PUT", name, expires);
}

Result<Secret> NamedPlace::PresignGet(const std::string& name, std::chrono::seconds expires) const {
  return Presign("GET", name, expires);
}

Result<HttpAnswer> SendToPlace(HttpClient& http, const HttpCall& call) {
  Result<HttpAnswer> answer = http.Send(call);
  if (answer.ok() || answer.error().kind() != ErrorKind::kNotFound) return answer;
  return Unavailable(answer.error().OneLine());
}

Result<HttpAnswer> NamedPlace::Do(HttpClient& http, std::string_view method,
                                  const std::string& name, const std::string& body) const {
  TRY_ASSIGN(const Secret address, Presign(method, name, kTestExpires));
  HttpCall call;
  call.method = method;
  call.url = address.Reveal();
  call.body = body;
  TRY_ASSIGN(HttpAnswer answer, SendToPlace(http, call));
  if (answer.status / 100 == 2) return answer;
  const std::string what = fmt::format("{} at `{}` answers {}", method, Text(), answer.status);
  if (answer.status == 401 || answer.status == 403) return Denied(what);
  if (answer.status == 404) return NotFound(what);
  if (answer.status >= 500 || answer.status == 429) return Unavailable(what);
  return InvalidInput(what);
}

// S3 answers 204 for an object that was never there too.
Status NamedPlace::Remove(HttpClient& http, const std::string& name) const {
  const Result<HttpAnswer> removed = Do(http, "DELETE", name, "");
  const bool is_gone = removed.ok() || removed.error().kind() == ErrorKind::kNotFound;
  return is_gone ? Status() : removed.error();
}

Status NamedPlace::TestWriting(HttpClient& http, Random& random) const {
  const std::string name = "curbstop-write-test-" + NewToken(random);
  const std::string body = "{\"written_by\":\"curbstop\"}";
  TRY_ASSIGN([[maybe_unused]] const HttpAnswer put, Do(http, "PUT", name, body));
  TRY_ASSIGN(const HttpAnswer read, Do(http, "GET", name, ""));
  const Result<HttpAnswer> removed = Do(http, "DELETE", name, "");  // who may not is still served
  if (read.body == body) return {};
  return Corrupt(fmt::format("`{}` gives back other bytes than it was given", Text()));
}

}  // namespace curbstop
