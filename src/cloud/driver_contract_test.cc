#include "cloud/runpod/runpod_provider.h"
#include "cloud/testing/provider_contract.h"
#include "cloud/vast/vast_provider.h"

namespace curbstop {
namespace {

INSTANTIATE_TEST_SUITE_P(Drivers, ProviderContract,
                         testing::Values(ContractCase{"vast", kDirectVast, MakeVastProvider},
                                         ContractCase{"runpod", kDirectRunpod, MakeRunpodProvider}),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace curbstop
