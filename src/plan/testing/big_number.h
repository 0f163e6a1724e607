// Exact sums of money for tests that need an oracle of another kind.
#pragma once

#include <cstdint>
#include <vector>

namespace curbstop {

// Decimal digits, schoolbook multiplication and long division: slow, obvious, without a width.
struct BigNumber {
  std::vector<int> digits;  // least first
  static BigNumber Of(int64_t value) {
    BigNumber number;
    for (; value > 0; value /= 10) number.digits.push_back(static_cast<int>(value % 10));
    return number;
  }
  BigNumber Times(const BigNumber& other) const {
    BigNumber product;
    product.digits.assign(digits.size() + other.digits.size() + 1, 0);
    for (size_t i = 0; i < digits.size(); ++i) {
      int carry = 0;
      for (size_t j = 0; j < other.digits.size() || carry > 0; ++j) {
        int& place = product.digits[i + j];
        const int sum = place + carry + (j < other.digits.size() ? digits[i] * other.digits[j] : 0);
        place = sum % 10;
        carry = sum / 10;
      }
    }
    return product;
  }
  // Rounded up; the divisor fits an int64.
  int64_t DividedUpBy(int64_t divisor) const {
    int64_t quotient = 0;
    int64_t rest = 0;
    for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
      rest = rest * 10 + *digit;
      quotient = quotient * 10 + rest / divisor;
      rest %= divisor;
    }
    return quotient + (rest > 0 ? 1 : 0);
  }
};

}  // namespace curbstop
