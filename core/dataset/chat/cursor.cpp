#include "core/dataset/chat/cursor.h"

#include "core/dataset/chat/text.h"

namespace trimtab::dataset::chat {

Result<Cursor> Cursor::over(const Value& value, Environment& environment) {
    if (value.sequence()) return Cursor(value);
    std::vector<Value> items;
    if (const std::string* text = value.text()) {
        if (value.isMarkup()) return refuse("going over a text that is marked as safe is not supported");
        TRIMTAB_REQUIRE(environment.budget.make(static_cast<std::int64_t>(text->size() * (sizeof(Value) + 2 * sizeof(std::string)))));
        for (const std::string_view character : charactersOf(*text)) items.push_back(Value::given(std::string(character)));
    } else if (const Dictionary* dictionary = value.dictionary()) {
        for (const auto& item : dictionary->items) items.push_back(item.first);
    } else if (!value.isUndefined()) {
        return refuseType("what goes over elements", value);
    }
    TRIMTAB_TRY(Value source, makeSequence(Sequence::Kind::List, std::move(items), environment));
    return Cursor(std::move(source));
}

Result<std::vector<Value>> elementsOf(const Value& value, Environment& environment) {
    TRIMTAB_TRY(Cursor cursor, Cursor::over(value, environment));
    TRIMTAB_REQUIRE(environment.budget.make(cursor.length().value_or(0) * static_cast<std::int64_t>(sizeof(Value))));
    std::vector<Value> elements;
    while (auto element = cursor.next()) {
        TRIMTAB_REQUIRE(environment.budget.step());
        elements.push_back(std::move(*element));
    }
    return elements;
}

}  // namespace trimtab::dataset::chat
