// What a provider's listings, ends and bills can be trusted for: one row for each driver.
//
// Nobody publishes how long a listing lags. The times are upper bounds that leave room above what
// was seen in the field (docs/reference/providers.md), and the reserve of every rental pays for
// them; a provider that exceeds them has broken its contract.
#pragma once

#include <span>
#include <string_view>

#include "cloud/provider.h"
#include "plan/lease.h"

namespace curbstop {

struct ProviderFacts {
  std::string_view name;
  ProviderTiming timing;  // L, D, k, T and how late a create may still take effect
  LeaseGrade grade;       // declared; B counts as B* until the account has proven it
  Millis boot_limit;      // from the create call to the agent's first word
  Millis boot_early;      // seen of that in the field: the least,
  Millis boot_usual;      // the geometric mean of least and most, as nobody publishes a median,
  Millis boot_late;       // and the most
  Millis grain;           // running time is billed in whole ones
  Millis minimum;
  bool can_pause;
  bool takes_bids;
  MicroUsd dear_disk;             // per GB and month: of a dear host, for plans, which ask no host
  std::string_view key_variable;  // environment variable and secret with the account's key
  std::string_view base_url;
  std::string_view image;         // where the step names none: Python, CUDA and an SSH server
  std::string_view not_modelled;  // charges that the ledger leaves out, for people; empty: none
};

std::span<const ProviderFacts> AllProviderFacts();

// Errors: kInvalidInput with the list of drivers.
Result<ProviderFacts> FactsOf(std::string_view provider);

// The same provider as the practice cloud of this computer plays it: it boots, lists and destroys
// within seconds, and an end by the machine itself is proven there. docs/formats/practice.md.
ProviderFacts OnPractice(ProviderFacts facts);

// What every rental there agrees to, prices apart.
LeaseTerms UnpricedTerms(const ProviderFacts& facts);

// What renting that offer agrees to. `transfer` is kept in reserve for bytes both ways.
LeaseTerms TermsFor(const ProviderFacts& facts, const LiveOffer& offer, Bytes disk,
                    const std::optional<MicroUsd>& bid_per_hour, Bytes transfer);

}  // namespace curbstop
