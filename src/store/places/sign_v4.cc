#include "store/places/sign_v4.h"

#include <ctime>
#include <span>

#include <fmt/format.h>

#include "base/text.h"
#include "sys/hash/hmac.h"
#include "sys/hash/sha256.h"
#include "sys/http/http_client.h"

namespace curbstop {
namespace {

std::string EncodedPath(std::string_view path) {
  std::string encoded;
  for (const std::string& part : Split(path.substr(1), '/')) encoded += "/" + PercentEncoded(part);
  return encoded;
}

std::string HexOfBytes(const std::string& bytes) {
  return Hex(std::span(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

std::string SigningKey(const Secret& secret, std::string_view day, std::string_view region) {
  const std::string dated = HmacSha256("AWS4" + secret.Reveal(), day);
  return HmacSha256(HmacSha256(HmacSha256(dated, region), "s3"), "aws4_request");
}

}  // namespace

std::string AmzTime(int64_t now_ms) {
  const std::time_t seconds = now_ms / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

Secret PresignS3(const S3Request& request, const S3Keys& keys) {
  const std::string time = AmzTime(request.now_ms);
  const std::string day = time.substr(0, 8);
  const std::string scope = fmt::format("{}/{}/s3/aws4_request", day, request.region);
  std::string query = fmt::format(
      "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={}&X-Amz-Date={}&X-Amz-Expires={}",
      PercentEncoded(keys.id + "/" + scope), time, request.expires.count());
  if (!keys.session_token.empty()) {
    query += "&X-Amz-Security-Token=" + PercentEncoded(keys.session_token.Reveal());
  }
  query += "&X-Amz-SignedHeaders=host";
  const std::string path = EncodedPath(request.path);
  const std::string canonical = fmt::format("{}\n{}\n{}\nhost:{}\n\nhost\nUNSIGNED-PAYLOAD",
                                            request.method, path, query, request.host);
  const std::string to_sign =
      fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", time, scope, Sha256Hex(canonical));
  const std::string signature =
      HexOfBytes(HmacSha256(SigningKey(keys.secret, day, request.region), to_sign));
  return Secret(fmt::format("{}://{}{}?{}&X-Amz-Signature={}", request.scheme, request.host, path,
                            query, signature));
}

}  // namespace curbstop
