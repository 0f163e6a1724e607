// How `model:` and `method:` of a step are written: the words that `curbstop model fit` takes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/field_codecs.h"
#include "fit/ask.h"

namespace curbstop {

// One of the words that the fit room knows, "" where there is none.
template <std::vector<std::string> (*Names)()>
struct WordCodec {
  static Result<std::string> Read(const Node& node, const NodeSource& source) {
    const std::vector<std::string> names = Names();
    TRY_ASSIGN(const size_t index, ReadName(node, source, names));
    return names[index];
  }
  static Json Write(const std::string& value) { return value.empty() ? Json() : Json(value); }
  static Json Schema() { return NamesSchema(Names()); }
  static std::string Form() { return NamesForm(Names()); }
};

using MethodCodec = WordCodec<fit::MethodNames>;

// `qwen2.5-7b`, or {name: …, method: qlora, sequence: 2048, …}. Errors: kInvalidInput with place.
struct ModelCodec {
  static Result<std::optional<fit::Ask>> Read(const Node& node, const NodeSource& source);
  static Json Write(const std::optional<fit::Ask>& value);
  static Json Schema();
  static std::string Form() { return "a model's name, or {name: qwen2.5-7b, method: qlora}"; }
};

// Errors: kInvalidInput for a key of another use: inference where the step trains, text where the
// model reads images, and back.
Status CheckModelKeys(const Node& model, const fit::Ask& ask, const NodeSource& source);

namespace fit {
const FieldTable<Ask>& FieldsOf(const Ask*);
}  // namespace fit

}  // namespace curbstop
