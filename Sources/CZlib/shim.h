/* SPDX-License-Identifier: GPL-2.0-only */
#include <zlib.h>

/* Swift does not import macros that take arguments. */
static inline int twostep_inflate_init(z_stream *stream, int window_bits)
{
	return inflateInit2(stream, window_bits);
}
