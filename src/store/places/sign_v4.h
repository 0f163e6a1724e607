// Presigned S3 addresses: signature version 4 in the query, so that who has the address may do one
// thing with one object until it expires, and learns no key.
//
//   canonical = METHOD \n path \n query \n host:HOST\n \n host \n UNSIGNED-PAYLOAD
//   to sign   = AWS4-HMAC-SHA256 \n time \n day/region/s3/aws4_request \n hex(SHA-256(canonical))
//   key       = HMAC(HMAC(HMAC(HMAC("AWS4" + secret, day), region), "s3"), "aws4_request")
//
// Each byte of the path but A-Za-z0-9-._~ and / is %XX, once; dots are kept. The query is sorted.
// Source: Amazon S3 API Reference (2006-03-01), "Authenticating Requests: Using Query Parameters".
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "sys/secret.h"

namespace curbstop {

struct S3Keys {
  std::string id;
  Secret secret;
  Secret session_token;  // of temporary keys; empty: none
};

struct S3Request {
  std::string_view method;  // PUT, GET, HEAD, DELETE
  std::string_view scheme;  // "https"
  std::string_view host;    // with a port where it is not the scheme's
  std::string_view path;    // starts with /, not encoded
  std::string_view region;
  int64_t now_ms = 0;
  std::chrono::seconds expires{3600};  // 1 s to 7 days
};

// The whole address. Who prints it prints a capability: it is a Secret.
Secret PresignS3(const S3Request& request, const S3Keys& keys);

// "20130524T000000Z"
std::string AmzTime(int64_t now_ms);

}  // namespace curbstop
