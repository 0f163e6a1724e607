#include "cloud/practice/machines/machine_order.h"

#include "base/json.h"

namespace curbstop {

std::string MachineOrderText(const MachineOrder& order) {
  return WriteJson(Json::MakeObject({{"version", 1},
                                     {"port", order.port},
                                     {"host_key", order.host_key},
                                     {"start", order.start},
                                     {"home", order.home},
                                     {"log", order.log},
                                     {"is_plain", order.is_plain},
                                     {"disk_bytes", order.disk_bytes}}));
}

Result<MachineOrder> ReadMachineOrder(std::string_view text) {
  TRY_ASSIGN(const Json json, ParseJson(text));
  MachineOrder order{.port = json.IntOr("port", 0),
                     .host_key = json.StringOr("host_key", ""),
                     .start = json.StringOr("start", ""),
                     .home = json.StringOr("home", ""),
                     .log = json.StringOr("log", ""),
                     .is_plain = json.BoolOr("is_plain", false),
                     .disk_bytes = json.IntOr("disk_bytes", 0)};
  const bool good = json.IntOr("version", 0) == 1 && order.port > 0 && order.port < 65536 &&
                    order.disk_bytes > 0 && !order.host_key.empty() && order.home.starts_with('/');
  if (good) return order;
  return InvalidInput("this is no order for a practice machine");
}

}  // namespace curbstop
