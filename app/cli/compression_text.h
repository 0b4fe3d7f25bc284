#pragma once
// What compression did, for people.
#include <string>

#include "core/ipc/messages.h"

namespace trimtab::cli {

std::string compressionText(const ipc::CompressAnswer& answer, const std::string& file);
std::string compressionTable(const ipc::CompressAnswer& answer);

}  // namespace trimtab::cli
