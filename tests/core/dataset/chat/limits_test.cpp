// What a template is refused for: where it is wrong, what is not supported, and what would not come to an end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "core/dataset/chat/chat_template.h"

namespace trimtab::dataset::chat {
namespace {

using testing::HasSubstr;

Result<std::string> rendered(const std::string& source, const Limits& limits = {}) {
    TRIMTAB_TRY(const ChatTemplate parsed, ChatTemplate::parse(source));
    return parsed.render({Message{"user", "hi"}}, {.limits = limits});
}

std::string refusalOf(const std::string& source, const Limits& limits = {}) {
    const auto text = rendered(source, limits);
    return text ? "rendered: " + text->substr(0, 100) : text.error().text();
}

TEST(Refusals, NameTheLineOfTheTemplate) {
    EXPECT_EQ(refusalOf("a\n{% if true %}\n{{ nosuch.x }}\n{% endif %}"), "chat template, line 3: 'nosuch' is undefined");
    EXPECT_EQ(refusalOf("a\n\n{{ raise_exception('Only users speak') }}"), "chat template, line 3: Only users speak");
    EXPECT_EQ(refusalOf("a\r\nb\r\n{{ ) }}"), "chat template, line 3: unexpected ')'");
    EXPECT_EQ(refusalOf("{#\n\n#}\n{%- set x = 1 -%}\n\n{{ 1 +\n\n'a' }}"), "chat template, line 6: 'int' + 'str' has no meaning");
    EXPECT_EQ(refusalOf("{% for m in messages %}\n{{ m.content\n"), "chat template, line 2: a tag has no end");
    EXPECT_EQ(refusalOf("{% for m in messages %}\n"), "chat template, line 1: the template ends before 'endfor'");
    EXPECT_EQ(refusalOf("{{ 'a' }}\n{% macro f() %}\n{{ 1 / 0 }}\n{% endmacro %}\n{{ f() }}"), "chat template, line 3: division by zero");
}

TEST(Refusals, NameWhatIsNotSupported) {
    for (const auto& [source, words] : std::vector<std::pair<std::string, std::string>>{
             {"{% include 'x' %}", "the tag 'include' is not supported"},
             {"{% raw %}{{ x }}{% endraw %}", "the tag 'raw' is not supported"},
             {"{% call f() %}{% endcall %}", "the tag 'call'"},
             {"{% for x in messages recursive %}{% endfor %}", "recursive"},
             {"{% for x in messages %}{% macro f() %}{% endmacro %}{% endfor %}", "a macro inside a loop"},
             {"{% for x in messages %}{% set y %}{% break %}{% endset %}{% endfor %}", "'break' stands in no loop"},
             {"{{ 'a'|center(9) }}", "the filter 'center' is not supported"},
             {"{{ 'a' is callable }}", "the test 'callable' is not supported"},
             {"{{ 'a'.join([]) }}", "'join' of the type 'str' is not supported"},
             {"{{ messages.append(1) }}", "would change a value of the type 'list'"},
             {"{{ 'a %s' % 1 }}", "formatting a text with % is not supported"},
             {"{{ lipsum() }}", "the function lipsum() is not supported"},
             {"{{ namespace() }}", "printing a value of the type 'namespace'"},
             {"{{ messages|map(attribute='role') }}", "printing a value of the type 'iterator'"},
             {"{{ range(3) }}", "printing a value of the type 'range'"},
             {"{{ dict(**{}) }}", "handing over arguments with *"},
             {"{% macro f() %}{{ varargs }}{% endmacro %}", "unexpected 'varargs'"},
             {"{{ 0x10 }}", "other bases"},
             {"{{ '\\ud800' }}", "is no character"},
             {"{{ '\\N{DASH}' }}", "by their names"},
             {"{{ 'stra\u00dfe'|upper }}", "the upper case of U+00DF"},
             {"{{ '\u03a3'|lower }}", "the lower case of U+03A3"},
             {"{{ 9223372036854775807 + 1 }}", "a number is too large"},
             {"{{ 9223372036854775808 }}", "a number is too large"},
             {"{{ ('a'|safe).strip() }}", "marked as safe"},
             {"{{ strftime_now('%Q') }}", "strftime_now"},
             {"{{ messages[0].__class__ }}", "'__class__' of the type 'dict'"},
             {"{% for m in messages %}{{ loop.changed(1) }}{% endfor %}", "loop.changed is not supported"},
             {std::string("{{ x \xff }}"), "no valid UTF-8"},
             {std::string((1 << 20) + 1, 'x'), "more than 1 MiB"}})
        EXPECT_THAT(refusalOf(source), HasSubstr(words)) << source.substr(0, 100);
}

std::string many(const std::string& part, int times) {
    std::string text;
    for (int i = 0; i < times; ++i) text += part;
    return text;
}

TEST(Nesting, IsLimitedHoweverATemplateNests) {
    const std::string deeper = "nests deeper than";
    EXPECT_THAT(refusalOf("{{ " + many("(", 10'000) + "1" + many(")", 10'000) + " }}"), HasSubstr(deeper));
    EXPECT_THAT(refusalOf("{{ " + many("[", 10'000) + many("]", 10'000) + " }}"), HasSubstr(deeper));
    EXPECT_THAT(refusalOf("{{ " + many("not ", 10'000) + "1 }}"), HasSubstr(deeper));
    EXPECT_THAT(refusalOf("{{ " + many("- ", 10'000) + "1 }}"), HasSubstr(deeper));
    EXPECT_THAT(refusalOf("{{ 1" + many(" if 1 else 1", 10'000) + " }}"), HasSubstr(deeper));
    EXPECT_THAT(refusalOf("{{ x" + many(".a", 10'000) + " }}"), HasSubstr(deeper));
    EXPECT_THAT(refusalOf("{{ x" + many("|trim", 10'000) + " }}"), HasSubstr(deeper));
    EXPECT_THAT(refusalOf(many("{% if 1 %}", 10'000) + many("{% endif %}", 10'000)), HasSubstr(deeper));
    EXPECT_THAT(refusalOf("{% set " + many("(", 10'000) + "a" + many(")", 10'000) + " = 1 %}"), HasSubstr(deeper));
    EXPECT_EQ(rendered("{{ 0" + many(" + 1", 10'000) + " }}").value(), "10000") << "a long sum is not deep";
    EXPECT_EQ(rendered("{% if 0 %}" + many("{% elif 0 %}", 10'000) + "{% else %}x{% endif %}").value(), "x");
}

TEST(Nesting, OfCallsAndValuesIsLimited) {
    EXPECT_THAT(refusalOf("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}"), HasSubstr("calls itself too deep"));
    EXPECT_THAT(refusalOf("{% macro f() %}{{ f() ~ f() }}{% endmacro %}{{ f() }}"), HasSubstr("calls itself too deep"));
    const std::string wrapping = "{% set ns = namespace(a=[]) %}{% for i in range(1000) %}{% set ns.a = [ns.a] %}{% endfor %}";
    EXPECT_THAT(refusalOf(wrapping), HasSubstr("nests lists and mappings deeper than 64"));
    EXPECT_EQ(rendered("{% set ns = namespace() %}{% set ns.me = ns %}{% set ns.all = [ns] %}{{ ns.me.all[0].me == ns }}").value(), "True");
    EXPECT_EQ(rendered("{% set ns = namespace() %}{% for i in [1] %}{% set ns.l = loop %}{% endfor %}{{ ns.l.index }}").value(), "1");
    EXPECT_THAT(refusalOf("{% set ns = namespace() %}{% for i in [1] %}{% set ns.l = loop %}{% endfor %}{{ ns.l.last }}"),
                HasSubstr("has ended"));
}

TEST(Limits, EndWhatMakesTooMuch) {
    EXPECT_THAT(refusalOf("{% set ns = namespace(t='ab') %}{% for i in range(64) %}{% set ns.t = ns.t ~ ns.t %}{% endfor %}"),
                HasSubstr("too large"));
    EXPECT_THAT(refusalOf("{% set ns = namespace(t='ab') %}{% for i in range(64) %}{% set ns.t = ns.t|replace('a', ns.t) %}{% endfor %}"),
                HasSubstr("too large"));
    EXPECT_THAT(refusalOf("{{ 'a' * 9223372036854775807 }}"), HasSubstr("too large"));
    EXPECT_THAT(refusalOf("{{ [0] * 99999999999 }}"), HasSubstr("too large"));
    EXPECT_THAT(refusalOf("{{ 'a'|indent(9999999999) }}"), HasSubstr("too large"));
    EXPECT_THAT(refusalOf("{{ 2 ** 999999999999 }}"), HasSubstr("too large"));
    EXPECT_THAT(refusalOf("{% for i in range(9) %}0123456789{% endfor %}", {.output = 80}), HasSubstr("writes more than 80 bytes"));
    EXPECT_EQ(rendered("{% for i in range(8) %}0123456789{% endfor %}", {.output = 80}).value().size(), 80U);
}

TEST(Limits, EndWhatTakesTooLong) {
    const Limits few{.steps = 100'000};
    const std::string tooMany = "too many steps";
    EXPECT_THAT(refusalOf("{% for i in range(900) %}{% for j in range(900) %}{% endfor %}{% endfor %}", few), HasSubstr(tooMany));
    EXPECT_THAT(refusalOf("{{ range(90000)|sort(reverse=true)|length }}", few), HasSubstr(tooMany));
    EXPECT_THAT(refusalOf("{{ range(90000)|unique|list|length }}", few), HasSubstr(tooMany));
    EXPECT_THAT(refusalOf("{{ 90000 in range(99999) and 90000 in range(99999) }}", few), HasSubstr(tooMany));
    const std::string doubling = "{% set ns = namespace(l=[1]) %}{% for i in range(40) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}";
    EXPECT_THAT(refusalOf(doubling + "{{ ns.l }}", few), HasSubstr(tooMany));
    EXPECT_THAT(refusalOf(doubling + "{{ ns.l|tojson }}", few), HasSubstr(tooMany));
    EXPECT_THAT(refusalOf(doubling + "{% set a = ns.l %}{{ [a] == [a] }}", few), HasSubstr(tooMany));
    EXPECT_EQ(rendered(doubling + "{{ ns.l == ns.l[0] }}", few).value(), "False");
}

}  // namespace
}  // namespace trimtab::dataset::chat
