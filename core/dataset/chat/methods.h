#pragma once
// Methods of texts and mappings, and the functions that a template finds: range, namespace, dict, raise_exception, strftime_now.
#include "core/dataset/chat/arguments.h"

namespace trimtab::dataset::chat {

/// REQUIRES: attributeOf() gave the method.
Result<Value> callMethod(const Callable& method, const Arguments& arguments, Environment& environment);

/// Whether a template may call a function of this name that it did not make itself.
bool isFunction(const std::string& name);
/// Every namespace made is put into `spaces`. What raise_exception() says is the error's message.
Result<Value> callFunction(const std::string& name, const Arguments& arguments, std::vector<std::shared_ptr<Namespace>>& spaces,
                           Environment& environment);

/// strftime of the letters that are in use; refused: others.
Result<std::string> formattedTime(const std::tm& time, std::string_view format);

}  // namespace trimtab::dataset::chat
