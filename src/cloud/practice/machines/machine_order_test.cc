#include "cloud/practice/machines/machine_order.h"

namespace curbstop {
namespace {

TEST(MachineOrder, ReadsWhatItWrote) {
  const MachineOrder order{.port = 20'001,
                           .host_key = "-----BEGIN\nx\n",
                           .start = "echo \"a\" 'b'\n",
                           .home = "/root",
                           .log = "/var/log/start.log",
                           .is_plain = true,
                           .disk_bytes = 12};
  const Result<MachineOrder> read = ReadMachineOrder(MachineOrderText(order));
  ASSERT_TRUE(read.ok()) << read.error().Text();
  EXPECT_EQ(MachineOrderText(*read), MachineOrderText(order));
  EXPECT_EQ(read->start, order.start);
}

TEST(MachineOrder, AnotherTextIsNoOrder) {
  const MachineOrder good{.port = 1, .host_key = "k", .home = "/root", .disk_bytes = 1};
  MachineOrder bad_port = good;
  bad_port.port = 70'000;
  MachineOrder no_key = good;
  no_key.host_key.clear();
  MachineOrder bad_home = good;
  bad_home.home = "root";
  MachineOrder no_disk = good;
  no_disk.disk_bytes = 0;
  for (const std::string& text : {std::string(), std::string("[]"), std::string("{\"version\": 2}"),
                                  MachineOrderText(bad_port), MachineOrderText(no_key),
                                  MachineOrderText(bad_home), MachineOrderText(no_disk)})
    EXPECT_FALSE(ReadMachineOrder(text).ok()) << text;
}

}  // namespace
}  // namespace curbstop
