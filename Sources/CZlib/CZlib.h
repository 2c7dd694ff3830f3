#if __has_include(<zlib.h>)
#include <zlib.h>
#else
#error "zlib.h is missing: install the Debian package zlib1g-dev"
#endif
