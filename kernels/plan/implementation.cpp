#include "kernels/plan/implementation.h"

namespace trimtab::plan {

runtime::Support native() { return {runtime::Support::Level::Native, {}}; }
runtime::Support emulated(std::string reason) { return {runtime::Support::Level::Emulated, std::move(reason)}; }
runtime::Support refused(std::string reason) { return {runtime::Support::Level::Refused, std::move(reason)}; }
runtime::Support notMeant() { return {runtime::Support::Level::Refused, {}}; }

}  // namespace trimtab::plan
