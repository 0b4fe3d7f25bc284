#pragma once
// Which of the caller's variables a template can't see. Jinja2 settles before it runs, for each body with names of its own, whether a name
// is read there before it is given a value: if it is not, the name belongs to the body and is undefined until it has its value, also to
// the loops and macros inside that are run earlier.
#include "core/dataset/chat/syntax.h"

namespace trimtab::dataset::chat {

/// Fills Frame::hidden of every frame. Takes time linear in the syntax times the depth of its frames.
void hideNames(Syntax& syntax);

}  // namespace trimtab::dataset::chat
