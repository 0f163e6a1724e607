#include "plan/gpu_name.h"

#include <algorithm>

#include "machine/accelerators.h"
#include "market/match.h"

namespace curbstop {

std::string CatalogueName(const GpuNeed& need) {
  const AcceleratorCatalogue& catalogue = BundledAccelerators();
  const auto named = [&](const Accelerator& known) { return IsGpuNamed(known.name, need.name); };
  if (need.name.empty() || std::any_of(catalogue.all().begin(), catalogue.all().end(), named)) {
    return need.name;
  }
  const Accelerator* known = catalogue.Find(need.name, need.memory);
  return known != nullptr ? known->name : need.name;
}

std::string UnknownGpu(const Need& need) {
  if (!need.gpu || need.gpu->name.empty()) return "";
  const std::vector<Accelerator>& known = BundledAccelerators().all();
  const bool named = std::any_of(known.begin(), known.end(), [&](const Accelerator& accelerator) {
    return IsGpuNamed(accelerator.name, need.gpu->name);
  });
  return named ? "" : BundledAccelerators().DidYouMeanName(need.gpu->name);
}

}  // namespace curbstop
