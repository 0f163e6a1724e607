// Field tables: one table per struct gives reading from a positioned tree, writing to JSON, JSON
// Schema, defaults and docs.
//
//   const FieldTable<Budget>& FieldsOf(const Budget*) {
//     static const FieldTable<Budget> kTable{
//         Field<&Budget::cap>("cap", "Most that may be spent per month."),
//         Field<&Budget::per, PerCodec>("per", "What the cap is counted over."),
//         LaterField<Budget>("alert")};
//     return kTable;
//   }
//
// How a member is read and written is decided by its codec (base/field_codecs.h): the type's own
// FieldCodec<T>, or one named in the table. A struct with a `FieldsOf` beside it is a type like
// any other. A later field is known but refused with "not built yet".
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/node.h"
#include "base/result.h"

namespace curbstop {

// How one type is read, written and described. Specialised in base/field_codecs.h.
template <typename T>
struct FieldCodec;

enum class FieldUse { kOptional, kRequired, kLater };

// One row without its struct's type, so that the loops over rows are compiled once.
struct FieldEntry {
  std::string_view key;
  std::string_view doc;
  FieldUse use = FieldUse::kOptional;
  Status (*read)(void* object, const Node& node, const NodeSource& source) = nullptr;
  Json (*write)(const void* object) = nullptr;
  Json (*schema)() = nullptr;
  std::string (*form)() = nullptr;  // "a size, as `10GB`"
};

using FieldList = std::span<const FieldEntry>;

template <typename S>
struct TypedField {
  FieldEntry entry;
};

template <typename S>
class FieldTable {
 public:
  FieldTable(std::initializer_list<TypedField<S>> fields) {
    for (const TypedField<S>& field : fields) entries_.push_back(field.entry);
  }
  FieldList entries() const { return entries_; }

 private:
  std::vector<FieldEntry> entries_;
};

template <typename S, typename M>
S FieldOwner(M S::*);
template <typename S, typename M>
M FieldMember(M S::*);

template <auto Member, typename Codec = FieldCodec<decltype(FieldMember(Member))>>
auto Field(std::string_view key, std::string_view doc, FieldUse use = FieldUse::kOptional) {
  using S = decltype(FieldOwner(Member));
  return TypedField<S>{FieldEntry{
      .key = key,
      .doc = doc,
      .use = use,
      .read = [](void* object, const Node& node, const NodeSource& source) -> Status {
        auto value = Codec::Read(node, source);
        if (!value.ok()) return std::move(value).error();
        static_cast<S*>(object)->*Member = *std::move(value);
        return {};
      },
      .write =
          [](const void* object) { return Codec::Write(static_cast<const S*>(object)->*Member); },
      .schema = [] { return Codec::Schema(); },
      .form = [] { return Codec::Form(); }}};
}

// A key that a later version will serve.
template <typename S>
TypedField<S> LaterField(std::string_view key) {
  return {FieldEntry{.key = key, .doc = {}, .use = FieldUse::kLater}};
}

// The keys a reader may use here, for hints: "`run`, `setup`".
std::string KeysText(FieldList fields);

// Reads a map into `object`. Errors: kInvalidInput with place for an unknown key (with "did you
// mean"), a missing required key, a later key, and what the codecs refuse.
Status ReadFieldsInto(void* object, FieldList fields, const Node& node, const NodeSource& source);

Json WriteFieldsOf(const void* object, FieldList fields);

// {"type":"object", "properties":…, "required":…, "additionalProperties":false}; `defaults` is a
// default-made object.
Json FieldsSchema(FieldList fields, const void* defaults);

// The key as an error shall name it where it is not one of `fields`.
Error UnknownKey(const Node& key, FieldList fields, const NodeSource& source);

template <typename S>
Result<S> ReadFields(const Node& node, const NodeSource& source) {
  S object{};
  TRY(ReadFieldsInto(&object, FieldsOf(static_cast<const S*>(nullptr)).entries(), node, source));
  return object;
}

template <typename S>
Json WriteFields(const S& object) {
  return WriteFieldsOf(&object, FieldsOf(static_cast<const S*>(nullptr)).entries());
}

template <typename S>
Json SchemaOf() {
  const S defaults{};
  return FieldsSchema(FieldsOf(static_cast<const S*>(nullptr)).entries(), &defaults);
}

}  // namespace curbstop
