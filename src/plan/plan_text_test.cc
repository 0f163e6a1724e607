#include <gtest/gtest.h>
TEST(PlanText, X) {}
