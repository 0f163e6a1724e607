// The field tables of the file itself: everything beside the steps.
#pragma once

#include <string_view>

#include "base/field_codecs.h"
#include "project/project.h"

namespace curbstop {

// Letters, digits, `-`, `_`, `.`, a letter or digit first, at most 64.
bool IsProjectName(std::string_view text);

const FieldTable<Project>& FieldsOf(const Project*);
const FieldTable<Budget>& FieldsOf(const Budget*);
const FieldTable<DataSource>& FieldsOf(const DataSource*);

}  // namespace curbstop
