#include "base/xml_text.h"

#include <gtest/gtest.h>

namespace cotrace::base {
namespace {

TEST(XmlText, EscapesWhatXmlReserves) {
  EXPECT_EQ(xml_escaped("a<b>&\"c'"), "a&lt;b&gt;&amp;&quot;c&apos;");
}

TEST(XmlText, HasNoControlCharactersButTabAndNewline) {
  EXPECT_EQ(xml_escaped(std::string_view("x\0\x01y\t\n", 6)), "x??y\t\n");
}

TEST(XmlText, ALineHasNoTabAndNoNewlineEither) {
  EXPECT_EQ(xml_line("a\x01\t<\nb"), "a??&lt;?b");
}

TEST(XmlText, LeavesOtherBytesAlone) {
  EXPECT_EQ(xml_escaped(""), "");
  EXPECT_EQ(xml_escaped("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f");
}

}  // namespace
}  // namespace cotrace::base
