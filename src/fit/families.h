// The model families that ship with the program, under one name for all spellings.
//
// Data: catalog/families.csv and catalog/family-aliases.csv (sources: catalog/README.md).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "fit/shape.h"

namespace curbstop::fit {

class FamilyTable {
 public:
  // Errors: kCorrupt with the line.
  static Result<FamilyTable> Parse(std::string_view families_csv, std::string_view aliases_csv);

  const std::vector<ModelShape>& all() const { return shapes_; }
  const ModelShape* WithId(std::string_view id) const;

  // By a name as people, hubs and files write it ("meta-llama/Meta-Llama-3.1-8B-Instruct",
  // "llama3.1:8b", "Qwen_Qwen3-4B-Q4_K_M.gguf"): every part of a family's name must stand in it,
  // and the family with the most parts wins. Null if none does.
  const ModelShape* Find(std::string_view name) const;

  // The same, and where no family fits, a shape made up from the size in the name ("35b-a3b") or
  // from `params` (0: not known). Errors: kNotFound, with what is nearest.
  Result<ModelShape> Understand(std::string_view name, double params) const;

 private:
  struct Spelling {
    std::vector<std::string> parts;
    size_t shape;
  };
  void AddSpelling(std::string_view name, size_t shape);

  std::vector<ModelShape> shapes_;
  std::vector<Spelling> spellings_;
};

// The table inside the program. Its bytes are checked by a test, so that it always parses.
const FamilyTable& BundledFamilies();

// "Qwen2.5-Coder-7B" gives {"qwen", "2.5", "coder", "7b"}.
std::vector<std::string> NameParts(std::string_view name);

// 7e9 of "7b", 0.5e9 of "0.5b" or "500m"; 0 if it is no size.
double SizeOfPart(std::string_view part);

}  // namespace curbstop::fit
