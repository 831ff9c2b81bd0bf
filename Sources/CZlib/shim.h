#pragma once
#include <zlib.h>

/* deflateInit2 and inflateInit2 are macros: Swift cannot import them. Negative window bits mean
   deflate alone, without a header or a checksum (RFC 1951). */

static inline int martlet_deflate_init(z_stream *stream, int level, int window_bits, int memory) {
    return deflateInit2(stream, level, Z_DEFLATED, -window_bits, memory, Z_DEFAULT_STRATEGY);
}

static inline int martlet_inflate_init(z_stream *stream, int window_bits) {
    return inflateInit2(stream, -window_bits);
}
