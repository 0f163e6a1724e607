// A request of MLflow's REST as its typed parameters, and the errors MLflow gives for bad ones.
//
// The body (or the query of a GET) is a JSON object in the style of protobuf: numbers may come as
// text, doubles as "NaN", "Infinity", "-Infinity", unknown members are ignored, and an empty text
// counts as missing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "record/internal/run_rows.h"
#include "record/record.h"
#include "sys/http/http_server.h"

namespace curbstop {

class Message {
 public:
  explicit Message(Json json) : json_(std::move(json)) {}

  // Errors: kInvalidInput "Bad Request" if it is no JSON object. Text that is itself JSON is
  // decoded a second time (old clients).
  static Result<Message> FromBody(const std::string& body);
  static Message FromQuery(const HttpPairs& query);

  const Json& json() const { return json_; }
  const Json* Find(std::string_view key) const { return json_.Find(key); }

  // All errors: kInvalidInput with MLflow's text.
  Result<std::string> Text(std::string_view key) const;          // empty if missing
  Result<std::string> RequiredText(std::string_view key) const;  // neither missing nor empty
  Result<std::optional<int64_t>> Int(std::string_view key) const;
  Result<int64_t> RequiredInt(std::string_view key) const;
  Result<double> RequiredDouble(std::string_view key) const;
  Result<std::vector<std::string>> Texts(std::string_view key) const;  // one text is a list of one
  Result<std::vector<Message>> Messages(std::string_view key) const;
  // `key` and `value` of each entry of the list.
  Result<std::vector<KeyValue>> Pairs(std::string_view list) const;
  // `run_id`, or its old name `run_uuid`.
  Result<std::string> RunId() const;

 private:
  Json json_;
};

Error MissingValue(std::string_view parameter);
Error InvalidValue(std::string_view parameter, const Json& value, std::string_view why);

}  // namespace curbstop
