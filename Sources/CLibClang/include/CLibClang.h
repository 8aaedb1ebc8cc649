/* SPDX-License-Identifier: GPL-2.0-only */
#include "clang-c/Index.h"
#include "clang-c/CXCompilationDatabase.h"

_Static_assert(CINDEX_VERSION_MINOR >= 64,
	       "libclang is older than 17, which has no operator kinds");

/*
 * Loads libclang, once.  Returns NULL, or why it could not be loaded; no other
 * function may be called then.
 */
const char *twostep_load_libclang(void);
