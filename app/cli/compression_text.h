#pragma once
// What compression did, for people.
#include <string>

#include "core/ipc/messages.h"

namespace trimtab::cli {

std::string compressionText(const ipc::CompressAnswer& answer, const std::string& file);
std::string compressionTable(const ipc::CompressAnswer& answer);
/// How the channels of each layer's input are filled, with the rule by which outliers are counted.
std::string channelTable(const ipc::CompressAnswer& answer);
/// Bytes of each pruned layer in every storage form; empty when none was pruned.
std::string storageFormsTable(const ipc::CompressAnswer& answer);

}  // namespace trimtab::cli
