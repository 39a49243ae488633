#include <zlib.h>

/// `inflateInit2` is a macro that takes the header's version: Swift can't see it.
static inline int czlib_start_gunzip(z_stream *stream) { return inflateInit2(stream, 16 + MAX_WBITS); }
