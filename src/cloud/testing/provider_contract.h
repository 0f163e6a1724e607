// The contract suite of a Provider: a driver's test instantiates it with the driver's maker.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cloud/provider.h"
#include "cloud/provider_table.h"
#include "cloud/testing/direct_http.h"
#include "cloud/testing/steady_random.h"
#include "sys/testing/fake_clock.h"

namespace curbstop {

struct ContractCase {
  const char* name;
  const char* base_url;
  std::unique_ptr<Provider> (*make)(HttpClient&, Clock&, Random&, std::string, Secret);
};

class ProviderContract : public testing::TestWithParam<ContractCase> {
 protected:
  std::unique_ptr<Provider> MakeProvider(const char* key) {
    return GetParam().make(http_, clock_, random_, GetParam().base_url, Secret(key));
  }
  LiveOffer AnOffer();
  CreateOrder AnOrder(int64_t expires_s);
  std::string Make(int64_t expires_s);
  std::vector<CloudMachine> Listed();

  FakeClock clock_;
  SteadyRandom random_;
  DirectHttp http_{clock_};
  std::unique_ptr<Provider> provider_ = MakeProvider(kDirectKey);
};

}  // namespace curbstop
