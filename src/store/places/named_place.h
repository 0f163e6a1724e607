// A place beside home that survives a machine: `s3://BUCKET/PREFIX`, on Amazon or on anything that
// speaks its language (MinIO, R2, Ceph, Wasabi).
//
// A machine never gets the account's key: it gets presigned addresses, one for each object and
// action, that expire. Region, endpoint and keys come from where the AWS tools find them, in the
// environment or among our secrets: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN,
// AWS_REGION or AWS_DEFAULT_REGION, AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/places/sign_v4.h"
#include "sys/clock.h"
#include "sys/http/http_client.h"
#include "sys/random_bytes.h"

namespace curbstop {

inline constexpr std::chrono::seconds kMostPresigned{7 * 24 * 3600};  // S3's limit

class NamedPlace {
 public:
  // `find` answers a variable of the list above, empty if it is nowhere.
  // Errors: kInvalidInput (no such place, a bad endpoint), kDenied (no keys), with the way to them.
  static Result<NamedPlace> Open(std::string_view place,
                                 const std::function<std::string(std::string_view)>& find,
                                 Clock& clock);

  // `name` is relative to the prefix (as CheckInside of sys/files.h); 1 s to kMostPresigned.
  // Errors: kInvalidInput.
  Result<Secret> PresignPut(const std::string& name, std::chrono::seconds expires) const;
  Result<Secret> PresignGet(const std::string& name, std::chrono::seconds expires) const;

  // That object is there no more. Errors: kDenied, kUnavailable, kInvalidInput.
  Status Remove(HttpClient& http, const std::string& name) const;

  // Whether we may really write there: puts a small object, reads it back and removes it.
  // Errors: kDenied, kNotFound (no such bucket), kUnavailable.
  Status TestWriting(HttpClient& http, Random& random) const;

  // "s3://bucket/prefix", safe to print.
  std::string Text() const;

 private:
  NamedPlace(Clock& clock) : clock_(&clock) {}
  Status ReadPlace(std::string_view place);
  Status ReadEndpoint(std::string endpoint);
  Result<Secret> Presign(std::string_view method, const std::string& name,
                         std::chrono::seconds expires) const;
  Result<HttpAnswer> Do(HttpClient& http, std::string_view method, const std::string& name,
                        const std::string& body) const;

  Clock* clock_;
  std::string bucket_;
  std::string prefix_;  // without slashes at its ends
  std::string scheme_ = "https";
  std::string host_;
  bool bucket_in_path_ = false;
  std::string region_;
  S3Keys keys_;
};

// No connection is kUnavailable here: kNotFound is what a place says of an object.
Result<HttpAnswer> SendToPlace(HttpClient& http, const HttpCall& call);

}  // namespace curbstop
