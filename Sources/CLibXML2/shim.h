#pragma once
// ICU's headers, which libxml/encoding.h includes, differ from those of the toolchain's Foundation:
// a module that sees both does not compile. Nothing here needs them; only structures that are never
// looked into change their layout.
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/SAX2.h>
#include <libxml/xmlerror.h>
